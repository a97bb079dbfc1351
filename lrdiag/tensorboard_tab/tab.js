// The Health tab: the report in a frame, replaced when the logs have grown.
const BASE = new URL("./", import.meta.url).href;
const WAIT = 1000;
const REFRESH = 10000;

const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const told = (status) => {
  if (status.state === "failed") return `The logs could not be analyzed. ${status.message}`;
  if (status.state === "working" && status.total) return `Analyzing run ${status.done} of ${status.total} …`;
  return status.state === "working" ? "Looking for runs …" : "";
};

// What the reader had open and where they were survives a refresh.
const keep = (frame) => {
  const page = frame.contentDocument;
  const open = page ? [...page.querySelectorAll("details[open]")].map((d) => d.querySelector("h3").textContent) : null;
  return {open, top: frame.contentWindow ? frame.contentWindow.scrollY : 0};
};
const restore = (frame, kept) => {
  if (!kept.open || !kept.open.length) return;
  for (const details of frame.contentDocument.querySelectorAll("details")) {
    details.open = kept.open.includes(details.querySelector("h3").textContent);
  }
  frame.contentWindow.scrollTo(0, kept.top);
};

export async function render() {
  document.body.style.cssText = "margin:0;height:100vh;display:flex;flex-direction:column";
  const note = document.createElement("p");
  note.setAttribute("role", "status");
  note.style.cssText = "margin:0;padding:.4rem 1rem;font:14px system-ui,sans-serif";
  const frame = document.createElement("iframe");
  frame.title = "Training health report";
  frame.style.cssText = "flex:1;border:0;width:100%";
  document.body.replaceChildren(note, frame);
  let stamp = 0;
  for (;;) {
    let status;
    try {
      status = await (await fetch(`${BASE}status`)).json();
    } catch (error) {
      status = {state: "failed", message: "TensorBoard does not answer."};
    }
    note.textContent = told(status);
    note.hidden = !note.textContent;
    if (status.stamp && status.stamp !== stamp) {
      const kept = stamp ? keep(frame) : {};
      stamp = status.stamp;
      frame.onload = () => restore(frame, kept);
      frame.src = `${BASE}page?stamp=${stamp}`;
    }
    await later(status.state === "working" ? WAIT : REFRESH);
  }
}
