// Small conveniences. Every page works without them.

const MEBIBYTE = 1024 * 1024;

function describe(bytes) {
  return bytes < MEBIBYTE ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / MEBIBYTE).toFixed(1)} MB`;
}

function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

// Upload: drop files on the area, see each one, remove it before it is sent.
function startDrop(area) {
  const input = area.querySelector("input[type=file]");
  const list = area.parentElement.querySelector("[data-drop-list]");
  const summary = area.parentElement.querySelector("[data-drop-summary]");
  const problem = area.parentElement.querySelector("[data-drop-problem]");
  const limit = Number(area.dataset.maxBytes || 15 * MEBIBYTE);
  const most = Number(area.dataset.maxFiles);
  let chosen = [];
  area.querySelector(".drop-hint").hidden = false;

  function keep(files) {
    const transfer = new DataTransfer();
    const seen = new Set();
    for (const file of files) {
      const key = `${file.webkitRelativePath || file.name}/${file.size}/${file.lastModified}`;
      if (!seen.has(key)) transfer.items.add(file);
      seen.add(key);
    }
    input.files = transfer.files;
    chosen = [...input.files];
    show();
  }

  function row(file) {
    const archive = file.name.toLowerCase().endsWith(".zip");
    const tooLarge = file.size > limit && !archive;
    const item = document.createElement("li");
    const remove = element("button", "link-button", "Remove");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    remove.addEventListener("click", () => keep([...input.files].filter((other) => other !== file)));
    item.append(
      element("span", "file-name", file.webkitRelativePath || file.name),
      element("span", "soft", describe(file.size)),
      element("strong", tooLarge ? "tag tag-bad" : "tag tag-info", tooLarge ? "Too large" : "Ready"),
      remove,
    );
    if (tooLarge) item.append(element("span", "file-reason", `A photo may have up to ${describe(limit)}.`));
    return item;
  }

  function show() {
    const files = [...input.files];
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    list.replaceChildren(...files.slice(0, most).map(row));
    summary.textContent = files.length ? `${files.length} chosen, ${describe(bytes)} in all` : "";
    const tooMany = files.length > most;
    problem.textContent = tooMany ? `At most ${most} files go at once. Put them into a ZIP file: it holds any number.` : "";
    input.setCustomValidity(problem.textContent);
  }

  // A large upload takes a while: say so, and let a second press not send it twice.
  let sending = false;
  input.form.addEventListener("submit", (event) => {
    if (sending || input.validity.customError) {
      event.preventDefault();
      if (!sending) input.focus();
    } else if (input.files.length) {
      sending = true;
      summary.textContent = `Sending ${summary.textContent.replace(" chosen", "")}. Keep this page open.`;
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      sending = false;
      show();
    }
  });
  input.addEventListener("change", () => keep(input.multiple ? [...chosen, ...input.files] : input.files));
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("drop-over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("drop-over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("drop-over");
    keep(input.multiple ? [...input.files, ...event.dataTransfer.files] : [event.dataTransfer.files[0]]);
  });
}

// Threshold: slider and number hold one value; neither goes below the floor.
function startThreshold(row) {
  const number = row.querySelector("input[type=number]");
  const slider = row.querySelector("input[type=range]");
  const floor = Number(slider.dataset.floor);
  slider.hidden = false;
  slider.addEventListener("input", () => {
    slider.value = Math.max(floor, Number(slider.value));
    number.value = slider.value;
  });
  number.addEventListener("input", () => { slider.value = Math.max(floor, Number(number.value)); });
}

// Number keys press the button that carries them, unless they are turned off or a person is typing.
function startShortcuts(form) {
  const holder = form.querySelector("[data-shortcuts-switch]");
  const checkbox = holder.querySelector("input");
  holder.hidden = false;
  checkbox.checked = localStorage.getItem("shortcuts") !== "off";
  checkbox.addEventListener("change", () => localStorage.setItem("shortcuts", checkbox.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (!form.isConnected || !checkbox.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target.matches("textarea, select, input:not([type=checkbox], [type=radio])")) return;
    const target = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (target) target.click();
  });
}

// A secret that is shown once can be copied with a button.
function startCopy(button) {
  const box = button.closest("[data-copy-box]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.querySelector("[data-secret]").textContent.trim());
    box.querySelector("[data-copied]").textContent = "Copied.";
  });
}

function start(root) {
  const starters = {
    "[data-drop]": startDrop,
    "[data-threshold]": startThreshold,
    "[data-shortcuts]": startShortcuts,
    "[data-copy]": startCopy,
  };
  for (const [selector, starter] of Object.entries(starters)) {
    for (const node of root.querySelectorAll(selector)) {
      if (node.dataset.started) continue;
      node.dataset.started = "yes";
      starter(node);
    }
  }
}

start(document);
document.addEventListener("htmx:afterSwap", (event) => start(event.detail.target));
