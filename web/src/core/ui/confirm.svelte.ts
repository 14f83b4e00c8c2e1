// Asks before something is lost: `if (await confirm({...})) ...`. One dialog, mounted once in App.

export interface Question {
  title: string;
  text: string;
  yes: string;
  danger?: boolean;
}

class Confirm {
  question = $state<Question | null>(null);
  private answerWith: ((yes: boolean) => void) | null = null;

  ask(question: Question): Promise<boolean> {
    this.answerWith?.(false);
    this.question = question;
    return new Promise((resolve) => {
      this.answerWith = resolve;
    });
  }

  answer(yes: boolean): void {
    this.answerWith?.(yes);
    this.answerWith = null;
    this.question = null;
  }
}

export const confirmBox = new Confirm();
export const confirm = (question: Question) => confirmBox.ask(question);
