// The browser's camera: opened when asked for, its frames as JPEG files or as pixels, closed when nobody looks.
import { ApiError } from "@/api/problem";

const LONGER_SIDE = 640; // pixels; the network looks at 224

const WHY: Record<string, [string, string]> = {
  NotAllowedError: [
    "The browser does not let this page use the camera.",
    "Allow it by the symbol in the address bar, then try again.",
  ],
  NotFoundError: ["There is no camera here.", "Plug one in, or add photos from files."],
  NotReadableError: ["Another program is using the camera.", "Close it there, then try again."],
};

const stop = (stream: MediaStream) => {
  for (const track of stream.getTracks()) track.stop();
};

export class Camera {
  stream = $state.raw<MediaStream | null>(null);
  /** The address of a film that is played in the camera's place. */
  film = $state("");
  error = $state.raw<ApiError | null>(null);
  opening = $state(false);
  private video: HTMLVideoElement | null = null;
  private turn = 0;

  async open(): Promise<void> {
    this.error = null;
    this.turn += 1;
    const turn = this.turn;
    if (!navigator.mediaDevices?.getUserMedia) {
      this.error = new ApiError(
        "This browser gives the camera to no page that is not on this computer.",
        "Open Trivium at 127.0.0.1 or by HTTPS, or add photos from files.",
        -1,
        "camera",
      );
      return;
    }
    this.opening = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "environment" },
        audio: false,
      });
      if (turn !== this.turn) {
        stop(stream); // closed, or its page left, while the browser was still asking
        return;
      }
      for (const track of stream.getTracks()) track.onended = () => this.unplugged();
      this.stream = stream;
    } catch (thrown) {
      if (turn !== this.turn) return;
      const name = thrown instanceof DOMException ? thrown.name : "";
      const [message, hint] = WHY[name] ?? ["The camera could not be opened.", "Try again, or add files."];
      this.error = new ApiError(message, hint, -1, "camera");
    }
    this.opening = false;
  }

  /** A film instead of the camera, over and over. */
  play(film: Blob): void {
    this.close();
    this.error = null;
    this.film = URL.createObjectURL(film);
  }

  failed(): void {
    this.close();
    this.error = new ApiError(
      "The browser can't play this film.",
      "Choose an MP4 (H.264) or a WebM, or watch it with: trivium vision run RUN --source FILM",
      -1,
      "film",
    );
  }

  close(): void {
    this.turn += 1;
    if (this.film) URL.revokeObjectURL(this.film);
    this.film = "";
    if (this.stream) stop(this.stream);
    this.opening = false;
    this.stream = null;
    this.video = null;
  }

  private unplugged(): void {
    this.close();
    this.error = new ApiError("The camera is gone.", "Plug it in again, then open it anew.", -1, "camera");
  }

  /** The element that shows the stream; frames are taken from it. */
  show(video: HTMLVideoElement): void {
    this.video = video;
    if (this.film) [video.src, video.loop, video.onerror] = [this.film, true, () => this.failed()];
    else video.srcObject = this.stream;
    void video.play().catch(() => undefined);
  }

  private draw(): HTMLCanvasElement | null {
    const video = this.video;
    if (!video || video.videoWidth === 0) return null;
    const scale = Math.min(1, LONGER_SIDE / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  /** The frame of this moment as a file. */
  photo(name: string): Promise<File | null> {
    const canvas = this.draw();
    return new Promise((resolve) => {
      if (!canvas) resolve(null);
      else
        canvas.toBlob(
          (blob) => resolve(blob && new File([blob], name, { type: "image/jpeg" })),
          "image/jpeg",
          0.92,
        );
    });
  }

  /** The frame of this moment as pixels. */
  pixels(): ImageData | null {
    const canvas = this.draw();
    return canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? null;
  }
}
