/**
 * The editor for a learner's Python: colours, completion of what the function is given, problems by line, a marked failing
 * line. Built on CodeMirror 6; colours come from the page's variables, so light and dark need no second theme.
 */
import {
  autocompletion,
  type CompletionSource,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python, pythonLanguage } from "@codemirror/lang-python";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** A problem of the code; a missing line means the code as a whole. */
export interface CodeProblem {
  line?: number | null;
  message: string;
}

export interface CodeEditorOptions {
  doc: string;
  label: string;
  readonly: boolean;
  complete?: CompletionSource;
  onChange: (doc: string) => void;
}

const markLine = StateEffect.define<number | null>();
const failingLine = Decoration.line({ class: "cm-failing-line" });

/** Holds the failing line; it moves along with edits above it and goes when the text is replaced. */
const failingLineField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let result = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(markLine)) result = lineMark(transaction.state, effect.value);
    }
    return result;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function lineMark(state: EditorState, line: number | null): DecorationSet {
  if (line === null || line < 1 || line > state.doc.lines) return Decoration.none;
  return Decoration.set([failingLine.range(state.doc.line(line).from)]);
}

/** Problems as the editor's marks; a line beyond the text is shown on the last line. */
export function diagnosticsOf(
  state: EditorState,
  errors: readonly CodeProblem[],
  warnings: readonly CodeProblem[],
): Diagnostic[] {
  const mark = (severity: "error" | "warning") => (problem: CodeProblem) => {
    const line = state.doc.line(Math.min(Math.max(problem.line ?? 1, 1), state.doc.lines));
    const indent = line.text.length - line.text.trimStart().length;
    return {
      from: line.from + indent,
      to: Math.max(line.to, line.from + indent),
      severity,
      message: problem.message,
    };
  };
  return [...errors.map(mark("error")), ...warnings.map(mark("warning"))].sort((a, b) => a.from - b.from);
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "light-dark(#8a2bb0, #d7a1f5)" },
  { tag: [tags.controlKeyword, tags.operatorKeyword], color: "light-dark(#8a2bb0, #d7a1f5)" },
  { tag: [tags.string, tags.special(tags.string)], color: "light-dark(#1d6b3a, #8edba6)" },
  { tag: [tags.number, tags.bool, tags.null], color: "light-dark(#9a4300, #f7b26a)" },
  {
    tag: [tags.function(tags.variableName), tags.definition(tags.function(tags.variableName))],
    color: "light-dark(#1f55c0, #8fb7ff)",
  },
  { tag: [tags.comment], color: "light-dark(#5c6675, #98a5b8)", fontStyle: "italic" },
  { tag: [tags.className, tags.typeName], color: "light-dark(#0b6d72, #62d3d8)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

const look = EditorView.theme({
  "&": {
    color: "var(--text)",
    backgroundColor: "var(--surface)",
    fontSize: "0.9rem",
    maxHeight: "var(--editor-most)",
  },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "-3px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content, .cm-gutter": { minHeight: "var(--editor-least)" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.6rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "light-dark(#cfe0ff, #2f4770)",
  },
  ".cm-gutters": {
    backgroundColor: "var(--surface-2)",
    color: "var(--text-3)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine": { backgroundColor: "light-dark(rgb(80 110 180 / 0.07), rgb(160 190 255 / 0.07))" },
  ".cm-activeLineGutter": { backgroundColor: "var(--surface-3)", color: "var(--text)" },
  ".cm-failing-line": { backgroundColor: "var(--bad-soft)", boxShadow: "inset 3px 0 0 var(--bad)" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    border: "1px solid var(--line-strong)",
    borderRadius: "8px",
    boxShadow: "var(--shadow-up)",
    overflow: "hidden",
    maxWidth: "min(28rem, 90vw)",
  },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.25rem 0.6rem", fontFamily: "var(--mono)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal" },
  ".cm-completionInfo": { padding: "0.5rem 0.7rem", fontSize: "0.85rem" },
  // CodeMirror's own marks are data: images, which the pages' content policy refuses.
  ".cm-lint-marker": { width: "0.75em", height: "0.75em", margin: "0.1em" },
  ".cm-lint-marker-error": { content: '""', backgroundColor: "var(--bad)", borderRadius: "50%" },
  ".cm-lint-marker-warning": {
    content: '""',
    backgroundColor: "light-dark(#c98a00, #f5bd4f)",
    clipPath: "polygon(50% 0, 100% 100%, 0 100%)",
  },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warn)" },
  ".cm-diagnostic": { padding: "0.4rem 0.7rem", borderLeftWidth: "4px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-matchingBracket": { backgroundColor: "light-dark(#d8f0df, #1f4a30) !important" },
});

export class CodeEditorView {
  private readonly view: EditorView;
  private readonly lock = new Compartment();

  constructor(host: HTMLElement, options: CodeEditorOptions) {
    // CodeMirror writes its styles into a <style> element, which the studio's content security policy refuses; inside a
    // shadow root it takes constructed style sheets instead.
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    this.view = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: options.doc,
        extensions: [
          this.lock.of(locked(options.readonly)),
          // A tab stop of its own also where it is read only, or the keyboard could not scroll it.
          EditorView.contentAttributes.of({ "aria-label": options.label, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) options.onChange(update.state.doc.toString());
          }),
          ...behaviour(options.complete),
        ],
      }),
    });
  }

  /** Replaces the text; nothing happens when it is the same already. */
  setDoc(doc: string): void {
    const { state } = this.view;
    if (doc === state.doc.toString()) return;
    this.view.dispatch({
      changes: { from: 0, to: state.doc.length, insert: doc },
      effects: markLine.of(null),
    });
  }

  setReadonly(readonly: boolean): void {
    this.view.dispatch({ effects: this.lock.reconfigure(locked(readonly)) });
  }

  setProblems(errors: readonly CodeProblem[], warnings: readonly CodeProblem[]): void {
    this.view.dispatch(setDiagnostics(this.view.state, diagnosticsOf(this.view.state, errors, warnings)));
  }

  /** Marks a line as the one that failed and brings it into view; null takes the mark away. */
  setFailingLine(line: number | null): void {
    const { doc } = this.view.state;
    const known = line !== null && line >= 1 && line <= doc.lines;
    const effects: StateEffect<unknown>[] = [markLine.of(known ? line : null)];
    if (known) effects.push(EditorView.scrollIntoView(doc.line(line).from, { y: "center" }));
    this.view.dispatch({ effects });
  }

  /** Puts the cursor at the start of a line, for a list of problems that one can click. */
  goToLine(line: number): void {
    const { doc } = this.view.state;
    const { from } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    this.view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
    this.view.focus();
  }

  destroy(): void {
    this.view.destroy();
  }
}

function locked(readonly: boolean): Extension {
  return [EditorState.readOnly.of(readonly), EditorView.editable.of(!readonly)];
}

function behaviour(complete?: CompletionSource): Extension[] {
  return [
    lineNumbers(),
    EditorView.lineWrapping,
    lintGutter(),
    highlightSpecialChars(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of("    "),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ icons: false }),
    python(),
    ...(complete ? [pythonLanguage.data.of({ autocomplete: complete })] : []),
    syntaxHighlighting(colours),
    failingLineField,
    look,
    // Escape and then Tab leaves the editor; CodeMirror sees to that.
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      indentWithTab,
    ]),
  ];
}
