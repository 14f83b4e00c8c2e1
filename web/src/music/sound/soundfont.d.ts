// What web/soundfont.ts makes while the pages are built.
declare module "virtual:soundfont" {
  export const url: string;
  export const licence: string;
  export const bytes: number;
}
