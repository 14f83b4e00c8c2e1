// What came of an import, in a sentence. Pure.
import type { ImportReport } from "@/api/vision";
import { grouped, plural } from "@/core/format";

export function outcome(report: ImportReport, thing = "photo"): string {
  const found = [`${plural(report.added, thing)} came in`];
  if (report.relabelled)
    found.push(
      `${plural(report.relabelled, thing)} of the project got ${report.annotations?.boxes ? "boxes" : "the class"}`,
    );
  if (report.known)
    found.push(`${grouped(report.known)} ${report.known === 1 ? "was" : "were"} here already`);
  if (report.conflicts)
    found.push(
      `${grouped(report.conflicts)} came ${report.annotations?.boxes ? "with other boxes" : "under two classes"}, which is doubtful now: look at ${report.conflicts === 1 ? "it" : "them"}`,
    );
  if (report.left_out) found.push(`${grouped(report.left_out)} could not be used`);
  return `${found.join("; ")}.`;
}
