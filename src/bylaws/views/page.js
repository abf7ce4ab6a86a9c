"use strict";
// What is here comes from the JSON in the page alone. Names are only ever set as text.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { states, rows, columns, enums, lines } = data;
  const LABELLED = 40000, MOST_PLANS = 200; // up to so many cells and plans, these have names
  const WHOLE = 3000; // up to so many, all of them are in the document
  const SHOWN_PLANS = 40, SHOWN_CHANGES = 20; // the rest on a click
  const WIDTH = 46, HEIGHT = 28, HEAD = 180; // of the cells and row headers of a large matrix, in pixels
  const KINDS = {
    opens: ["!", "a move is not ruled out any more, or no rule is left that may refuse it"],
    loosens: ["\u2212", "a rule that may refuse is gone, or may refuse less"],
    closes: ["\u00d7", "a move is ruled out now"],
    tightens: ["+", "a rule that may refuse is new, or may refuse more"],
    reorders: ["\u21c5", "the same fires, in another order"],
    effects: ["~", "only what cannot refuse"],
    renames: ["\u2248", "only names"],
  };
  const $ = (id) => document.getElementById(id);

  // ---------------------------------------------------------------------------------------------
  // The facts
  // ---------------------------------------------------------------------------------------------

  /** A mask, in base64, as a set of places. */
  const places = (text) => {
    const found = [];
    const bytes = atob(text);
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes.charCodeAt(at);
      for (let bit = 0; byte >> bit; bit++) if (byte >> bit & 1) found.push(at * 8 + bit);
    }
    return new Set(found);
  };

  /** For each place of one end the words that have a bit for every layer that is over it. */
  const packed = (layers, count, width) => {
    const words = new Uint32Array(count * width);
    layers.forEach((set, layer) => {
      for (const at of set) words[at * width + (layer >> 5)] |= 1 << (layer & 31);
    });
    return words;
  };

  const policies = data.policies.map((given) => {
    const entries = given.entries.map((entry, at) => ({
      ...entry, at, rows: places(entry.rows), columns: places(entry.columns),
      legal: entry.legal && entry.legal.map((pair) => pair.map(places)),
    }));
    // The first layers are the entries; the rest rule out, for an entry made by moves().
    const layers = entries.map((entry) => [entry.rows, entry.columns]);
    const owners = [];
    for (const entry of entries.filter((each) => each.legal)) {
      const nowhere = new Set(entry.rows);
      for (const [froms, tos] of entry.legal) {
        const inside = new Set([...entry.rows].filter((row) => froms.has(rows[row][0])));
        const illegal = new Set([...entry.columns].filter((column) => !tos.has(columns[column][0])));
        inside.forEach((row) => nowhere.delete(row));
        layers.push([inside, illegal]);
        owners.push(entry.at);
      }
      layers.push([nowhere, entry.columns]);
      owners.push(entry.at);
    }
    const width = Math.max(1, (layers.length + 31) >> 5);
    return {
      name: given.name, entries, owners, width,
      rowWords: packed(layers.map((layer) => layer[0]), rows.length, width),
      columnWords: packed(layers.map((layer) => layer[1]), columns.length, width),
      rows: places(given.rows), columns: places(given.columns),
    };
  });
  const policy = policies[policies.length - 1];
  const before = policies.length > 1 ? policies[0] : null;
  const changes = (lines || []).map((line) => ({
    ...line, rows: places(line.rows), columns: places(line.columns),
  }));

  const remarks = data.remarks && { ...data.remarks, listed: data.remarks.listed.map((remark) => {
    const where = remark.where.map((pair) => pair.map(places));
    return { ...remark, has: (row, column) => where.some(([froms, tos]) => froms.has(row) && tos.has(column)) };
  }) };

  const classOf = (classes) => {
    const found = new Int32Array(states.length);
    classes.forEach((members, at) => members.forEach((state) => { found[state] = at; }));
    return found;
  };
  const rowOf = classOf(rows), columnOf = classOf(columns);

  /** Whether a policy has the states of a cell at all. */
  const has = (of, row, column) => of.rows.has(row) && of.columns.has(column);

  /** What fires in a cell, in order, and what of that rules the move out: places of entries. */
  const cell = (of, row, column) => {
    const fires = [], out = new Set();
    if (!has(of, row, column)) return { fires, out };
    const size = of.entries.length;
    const a = row * of.width, b = column * of.width;
    for (let word = 0; word < of.width; word++) {
      let both = of.rowWords[a + word] & of.columnWords[b + word];
      while (both) {
        const bit = 31 - Math.clz32(both & -both);
        both &= both - 1;
        const layer = word * 32 + bit;
        if (layer >= size) out.add(of.owners[layer - size]);
        else {
          fires.push(layer);
          if (of.entries[layer].never) out.add(layer);
        }
      }
    }
    return { fires, out };
  };

  /** The name of a plan: A for 0, Z for 25, AA for 26. */
  const letters = (at) => {
    let name = "";
    for (at += 1; at; at = Math.floor((at - 1) / 26)) name = String.fromCharCode(65 + (at - 1) % 26) + name;
    return name;
  };

  const sized = (classes, chosen) => [...chosen].reduce((sum, at) => sum + classes[at].length, 0);

  const total = rows.length * columns.length;
  const large = total > WHOLE;
  const plans = [], planAt = [];
  /** Find the plans, each with what it is called; whether there are few enough. */
  const name = () => {
    const known = new Map();
    let lettered = 0; // where nothing fires there is no letter to look up
    for (let at = 0; at < total; at++) {
      const row = Math.floor(at / columns.length), column = at % columns.length;
      const contents = policies.map((of) => cell(of, row, column));
      const key = contents.map(({ fires, out }, side) => [has(policies[side], row, column) || "-", fires, [...out].sort()].join(";")).join("|");
      let plan = known.get(key);
      if (plan === undefined) {
        plan = plans.length;
        if (plan === MOST_PLANS) return false;
        known.set(key, plan);
        const nothing = contents.every(({ fires }) => !fires.length);
        plans.push({ row, column, cells: 0, moves: 0, label: nothing ? "\u2013" : letters(lettered) });
        if (!nothing) lettered += 1;
      }
      planAt.push(plan);
      plans[plan].cells += 1;
      plans[plan].moves += rows[row].length * columns[column].length;
    }
    return true;
  };
  const labelled = total <= LABELLED && name();
  const planOf = (row, column) => plans[planAt[row * columns.length + column]];
  const most = Math.max(1, policy.entries.length);

  /** Whether an entry may refuse the move of a cell; one made by moves() only what is not legal. */
  const refuses = (entry, out) => Boolean(entry.legal ? out.has(entry.at) : entry.refuses);
  const refusals = (entry) => new Set((entry.verdicts || ["reject", "delay", "abort"]).filter((verdict) => verdict !== "proceed"));
  const differ = (one, other) => String([one.verdicts === null, one.verdicts, one.hooks, one.awaits].join(";")) !== String([other.verdicts === null, other.verdicts, other.hooks, other.awaits].join(";"));

  /** What the change of a policy comes to in a cell: its kinds, the gravest first. */
  const kindsIn = (row, column) => {
    if (!before) return [];
    const there = policies.map((of) => has(of, row, column));
    if (!there[1]) return there[0] ? ["closes"] : [];
    const [was, now] = policies.map((of) => cell(of, row, column));
    const guarded = policies.map((of, side) => [was, now][side].fires.some((at) => refuses(of.entries[at], [was, now][side].out)));
    if (!there[0]) return [!guarded[1] ? "opens" : now.out.size ? "effects" : "loosens"];
    const found = new Set();
    /** That an entry became another; either may be none. */
    const judge = (one, other) => {
      const may = one && refuses(one, was.out), mayNow = other && refuses(other, now.out);
      const always = one && was.out.has(one.at), alwaysNow = other && now.out.has(other.at);
      const kinds = new Set();
      const opened = always && !now.out.size || may && !guarded[1];
      const closed = alwaysNow && !was.out.size;
      if (opened) kinds.add("opens");
      else if (may && !mayNow || always && !alwaysNow) kinds.add("loosens");
      if (closed) kinds.add("closes");
      else if (mayNow && !may || alwaysNow && !always) kinds.add("tightens");
      if (one && other && one.kind === "rule" && one.refuses === other.refuses && one.never === other.never) {
        const [less, more] = [refusals(one), refusals(other)];
        if ([...less].some((verdict) => !more.has(verdict)) && !kinds.has("opens")) kinds.add("loosens");
        if ([...more].some((verdict) => !less.has(verdict))) kinds.add("tightens");
      }
      for (const kind of kinds.size ? kinds : ["effects"]) found.add(kind);
    };
    const older = new Set(was.fires), kept = [];
    for (const at of now.fires) {
      const entry = policy.entries[at];
      if (!older.has(entry.was)) judge(null, entry);
      else {
        const old = before.entries[entry.was];
        kept.push(entry.was);
        if (differ(old, entry) || was.out.has(old.at) !== now.out.has(at)) judge(old, entry);
      }
    }
    const stayed = new Set(kept);
    for (const at of was.fires) if (!stayed.has(at)) judge(before.entries[at], null);
    if (kept.some((at, place) => place && kept[place - 1] > at)) found.add("reorders");
    return Object.keys(KINDS).filter((kind) => found.has(kind));
  };

  // ---------------------------------------------------------------------------------------------
  // Words
  // ---------------------------------------------------------------------------------------------

  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "on") for (const [event, run] of Object.entries(value)) made.addEventListener(event, run);
      else if (value !== null && value !== false) made.setAttribute(key, value);
    }
    made.append(...children.flat().filter((child) => child !== null));
    return made;
  };
  const digits = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  const count = (number, one, several = one + "s") => `${digits(number)} ${number === 1 ? one : several}`;
  const nameOf = (state) => states[state] === null ? "None" : states[state];
  const short = (text, length = 60) => text.length > length ? [...text.slice(0, 2 * length)].slice(0, length).join("") + "\u2026" : text;
  const named = (text, kind = "") => make("bdi", { class: `name ${kind}` }, text);
  const shortly = (text, kind = "") => make("bdi", { class: `name ${kind}`, title: text.length > 60 ? short(text, 1000) : null }, short(text));
  const stateName = (state) => named(nameOf(state));

  const statesIn = (classes, chosen) => {
    const found = [...chosen].flatMap((at) => classes[at]);
    return classes.length < states.length ? found.sort((a, b) => a - b) : found;
  };
  const leaving = (entry) => (entry.from ??= statesIn(rows, entry.rows));
  const entering = (entry) => (entry.to ??= statesIn(columns, entry.columns));

  /** A set of states, as texts: "every S", or their names. */
  const worded = (found) => {
    let left = found;
    const words = [];
    for (const [name, first, size] of enums) {
      const inside = left.filter((state) => state >= first && state < first + size);
      if (size && inside.length === size) {
        words.push(`every ${name}`);
        left = left.filter((state) => state < first || state >= first + size);
      }
    }
    return [...words, ...left.map(nameOf)];
  };
  const listed = (words, limit) => {
    const shown = words.length > limit ? words.slice(0, limit) : words;
    const parts = shown.flatMap((word, at) => at ? [", ", shortly(word)] : [shortly(word)]);
    if (shown.length < words.length) parts.push(`, ${digits(words.length - shown.length)} more`);
    return parts;
  };
  const plain = (words, limit) => {
    const shown = words.slice(0, limit).map((word) => short(word)).join(", ");
    return words.length > limit ? `${shown}, ${words.length - limit} more` : shown;
  };
  const kept = (classes, known = []) => (at) => (known[at] ??= worded(classes[at]));
  const rowWords = kept(rows), columnWords = kept(columns);

  /** The states of a set for a sentence: of more than four the first three. */
  const shortened = (found) => {
    const shown = found.length <= 4 ? found : found.slice(0, 3);
    const parts = shown.flatMap((state, at) => at ? [", ", stateName(state)] : [stateName(state)]);
    if (shown.length < found.length) parts.push(`, ${found.length - 3} more`);
    return parts;
  };

  /** Why an entry fires for a move, or does not: the sentence of `Matrix.explain`, in parts. */
  const because = (of, entry, from, to, out) => {
    const row = rowOf[from], column = columnOf[to];
    const leaves = entry.rows.has(row), enters = entry.columns.has(column);
    if (leaves && enters) {
      if (!out.has(entry.at)) return [entry.kind === "transform" ? "fires (always)" : "fires"];
      const [, legal] = (entry.legal || []).find(([froms]) => froms.has(from)) || [null, new Set()];
      if (!entry.legal || legal.has(to)) return ["fires, and always refuses: it is annotated to return refusals only"];
      const only = [...legal].flatMap((state, at) => [at ? ", " : "only to ", stateName(state)]);
      return ["fires, and always refuses: ", stateName(from), " -> ", stateName(to), " is no legal move: from there ", ...(only.length ? only : ["nowhere"])];
    }
    const parts = ["no: only when "];
    if (!leaves) parts.push("leaving ", ...shortened(leaving(entry)));
    if (!leaves && !enters) parts.push(" and ");
    if (!enters) parts.push("entering ", ...shortened(entering(entry)));
    return parts;
  };

  /** What an entry may answer, as a chip. */
  const answers = (entry) => {
    if (entry.kind === "transform") return make("span", { class: "chip" }, "transform");
    if (entry.legal) return make("span", { class: "chip warn" }, "refuses what is not legal");
    if (entry.verdicts === null) return make("span", { class: "chip warn" }, "may answer anything");
    if (!entry.verdicts.length) return make("span", { class: "chip no" }, "never answers");
    const text = entry.verdicts.join(", ");
    if (entry.never) return make("span", { class: "chip no" }, `only refuses: ${text}`);
    if (!entry.refuses) return make("span", { class: "chip yes" }, "always proceeds");
    return make("span", { class: "chip warn" }, `may answer ${text}`);
  };
  const hookNames = { before_transition: "before", on_decision: "on decision", after_transition: "after", cleanup: "cleanup" };
  const about = (entry) => {
    const found = [];
    if (entry.doc) found.push(make("div", { class: "more doc" }, make("bdi", {}, short(entry.doc, 400))));
    const hooks = entry.hooks.map((hook) => hookNames[hook] + (entry.awaits.includes(hook) ? " (async)" : ""));
    const where = entry.file ? short(entry.file, 200) + (entry.line ? `:${entry.line}` : "") : "";
    const rest = [hooks.length ? `hooks: ${hooks.join(", ")}` : "no hooks", where].filter(Boolean);
    found.push(make("div", { class: "more" }, rest.flatMap((text, at) => at ? [" \u00b7 ", make("bdi", {}, text)] : [text])));
    return found;
  };
  const ruleButton = (entry, of) => make("button", { type: "button", class: "plain", on: { click: () => openRule(of, entry.at) } }, named(entry.name));

  const say = (text) => { $("status").textContent = text; };

  // ---------------------------------------------------------------------------------------------
  // The grid: all of it, or of a large one what is on the screen
  // ---------------------------------------------------------------------------------------------

  const grid = $("grid"), scroll = $("scroll");
  const active = { row: 0, column: 0 };
  let opened = null; // the cell that is open: {from, to}, states
  let lit = null; // what is highlighted: {has(row, column), text}
  let drawn = null; // the part that is in the document: {top, bottom, left, right}

  const part = () => {
    if (!large) return { top: 0, bottom: rows.length, left: 0, right: columns.length };
    const room = 8;
    const top = Math.floor(scroll.scrollTop / HEIGHT), left = Math.floor(scroll.scrollLeft / WIDTH);
    const high = Math.ceil((scroll.clientHeight || 800) / HEIGHT), wide = Math.ceil((scroll.clientWidth || 1200) / WIDTH);
    return {
      top: Math.max(0, top - room), bottom: Math.min(rows.length, top + high + room),
      left: Math.max(0, left - room), right: Math.min(columns.length, left + wide + room),
      seen: { top, bottom: Math.min(rows.length, top + high), left, right: Math.min(columns.length, left + wide) },
    };
  };

  const head = (words) => make("div", {}, ...listed(words, 12));

  const cellElement = (row, column) => {
    const { fires, out } = cell(policy, row, column);
    const label = labelled ? planOf(row, column).label : String(fires.length);
    const made = make("td", { role: "gridcell", tabindex: "-1", "aria-colindex": column + 2 });
    const said = [`${plain(rowWords(row), 3)} to ${plain(columnWords(column), 3)}:`];
    const fire = fires.length === 1 ? "1 fires" : `${fires.length || "none"} fire`;
    said.push(labelled && fires.length ? `plan ${label}, ${fire}` : fire);
    const kinds = before ? kindsIn(row, column) : [];
    if (kinds.length) {
      made.className = kinds[0];
      made.textContent = `${label} ${KINDS[kinds[0]][0]}`;
      said.push(`, changed: ${kinds.join(", ")}`);
    } else {
      made.textContent = fires.length ? label : "\u00b7";
      made.className = out.size ? "out" : fires.length ? "" : "nothing";
      if (!before) made.style.setProperty("--t", String(fires.length ? 6 + 38 * fires.length / most : 0));
    }
    if (out.size) said.push(", ruled out");
    if (remarks && remarks.listed.some((remark) => remark.has(row, column))) {
      made.textContent += "?";
      said.push(", remarked on");
    }
    if (lit && lit.has(row, column)) {
      made.classList.add("on");
      said.push(", highlighted");
    }
    made.setAttribute("aria-label", said.join(" ").replaceAll(" ,", ","));
    made.dataset.row = row;
    made.dataset.column = column;
    const open = opened && rowOf[opened.from] === row && columnOf[opened.to] === column;
    made.setAttribute("aria-selected", String(Boolean(open)));
    return made;
  };

  const gap = (size) => {
    const made = make("td", { class: "gap", "aria-hidden": "true" });
    made.style.width = `${size}px`;
    return made;
  };

  const draw = () => {
    const focused = grid.contains(document.activeElement) || document.activeElement === scroll;
    drawn = part();
    const { top, bottom, left, right } = drawn;
    const body = make("tbody"), heads = make("tr", { "aria-rowindex": "1" });
    const from = make("th", { class: "corner", scope: "col", "aria-colindex": "1" }, make("div", {}, "from \u2193  to \u2192"));
    heads.append(from);
    if (large) from.style.width = `${HEAD}px`;
    if (left) heads.append(gap(left * WIDTH));
    for (let column = left; column < right; column++) {
      const made = make("th", { scope: "col", "aria-colindex": column + 2, "data-column": column, title: plain(columnWords(column), 40) }, head(columnWords(column)));
      if (large) made.style.width = `${WIDTH}px`;
      heads.append(made);
    }
    if (right < columns.length) heads.append(gap((columns.length - right) * WIDTH));
    const spacer = (size) => {
      const made = make("tr", { class: "gap", "aria-hidden": "true" }, make("td", {}));
      made.style.height = `${size}px`;
      return made;
    };
    if (top) body.append(spacer(top * HEIGHT));
    for (let row = top; row < bottom; row++) {
      const made = make("tr", { "aria-rowindex": row + 2 });
      if (large) made.style.height = `${HEIGHT}px`;
      made.append(make("th", { scope: "row", "aria-colindex": "1", "data-row": row, title: plain(rowWords(row), 40) }, head(rowWords(row))));
      if (left) made.append(gap(left * WIDTH));
      for (let column = left; column < right; column++) made.append(cellElement(row, column));
      if (right < columns.length) made.append(gap((columns.length - right) * WIDTH));
      body.append(made);
    }
    if (bottom < rows.length) body.append(spacer((rows.length - bottom) * HEIGHT));
    grid.replaceChildren(make("thead", {}, heads), body);
    grid.classList.toggle("lighting", Boolean(lit));
    mark();
    if (focused) (elementOf(active.row, active.column) || scroll).focus({ preventScroll: true });
  };

  const elementOf = (row, column) => grid.querySelector(`td[data-row="${row}"][data-column="${column}"]`);

  /** Which cell the keyboard is on, and what crosses in the open one. */
  const mark = () => {
    for (const each of grid.querySelectorAll('[tabindex="0"]')) each.tabIndex = -1;
    const here = elementOf(active.row, active.column);
    if (here) {
      here.tabIndex = 0;
      scroll.removeAttribute("tabindex");
    } else scroll.tabIndex = 0;
    for (const each of grid.querySelectorAll(".cross")) each.classList.remove("cross");
    for (const each of grid.querySelectorAll('[aria-selected="true"]')) each.setAttribute("aria-selected", "false");
    if (!opened) return;
    const row = rowOf[opened.from], column = columnOf[opened.to];
    const open = elementOf(row, column);
    if (open) open.setAttribute("aria-selected", "true");
    for (const each of [grid.querySelector(`th[data-row="${row}"]`), grid.querySelector(`th[data-column="${column}"]`)]) if (each) each.classList.add("cross");
  };

  /** Scroll a cell into view, draw it, and put the keyboard on it. */
  const reach = (row, column, focus) => {
    active.row = Math.max(0, Math.min(rows.length - 1, row));
    active.column = Math.max(0, Math.min(columns.length - 1, column));
    if (large) {
      const headHeight = grid.tHead ? grid.tHead.offsetHeight : 0;
      const x = active.column * WIDTH, y = active.row * HEIGHT;
      const high = scroll.clientHeight - headHeight - 2, wide = scroll.clientWidth - HEAD - 2;
      if (x < scroll.scrollLeft) scroll.scrollLeft = x;
      else if (x + WIDTH > scroll.scrollLeft + wide) scroll.scrollLeft = x + WIDTH - wide;
      if (y < scroll.scrollTop) scroll.scrollTop = y;
      else if (y + HEIGHT > scroll.scrollTop + high) scroll.scrollTop = y + HEIGHT - high;
    }
    if (!drawn || stale()) draw();
    else mark();
    const here = elementOf(active.row, active.column);
    if (here && focus) {
      here.focus({ preventScroll: large });
      if (!large) inSight(here);
    }
  };

  /** Scroll what the sticky headers cover into sight. */
  const inSight = (here) => {
    const corner = grid.querySelector(".corner").getBoundingClientRect(), box = here.getBoundingClientRect();
    if (box.left < corner.right) scroll.scrollLeft -= corner.right - box.left;
    if (box.top < corner.bottom && scroll.scrollTop) scroll.scrollTop -= corner.bottom - box.top;
  };

  const stale = () => {
    const { seen } = part();
    return seen && (seen.top < drawn.top || seen.bottom > drawn.bottom || seen.left < drawn.left || seen.right > drawn.right);
  };

  const kin = (target) => {
    for (const each of grid.querySelectorAll(".kin")) each.classList.remove("kin");
    const here = target && target.closest && target.closest("td[data-row]");
    if (!here || large || !labelled) return;
    const plan = planAt[here.dataset.row * columns.length + Number(here.dataset.column)];
    for (const each of grid.querySelectorAll("td[data-row]")) {
      if (planAt[each.dataset.row * columns.length + Number(each.dataset.column)] === plan) each.classList.add("kin");
    }
  };

  scroll.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(scroll.clientHeight / HEIGHT) - 4);
    const { row, column } = active;
    const steps = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [row - page, column], PageDown: [row + page, column],
      Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? rows.length - 1 : row, columns.length - 1],
    };
    const step = steps[event.key];
    if (step && (!event.ctrlKey || event.key === "Home" || event.key === "End")) {
      event.preventDefault();
      reach(...step, true);
      if (opened) openCell(active.row, active.column, false);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      reach(row, column, false);
      openCell(row, column, true);
    }
  });
  grid.addEventListener("click", (event) => {
    const here = event.target.closest("td[data-row]");
    if (!here) return;
    reach(Number(here.dataset.row), Number(here.dataset.column), true);
    openCell(active.row, active.column, false);
    if (!beside()) $("panel").scrollIntoView({ block: "start" });
  });
  grid.addEventListener("mouseover", (event) => kin(event.target));
  grid.addEventListener("mouseleave", () => kin(null));
  grid.addEventListener("focusin", (event) => kin(event.target));
  let waiting = false;
  const redraw = () => {
    if (!large || waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (stale()) draw();
    });
  };
  scroll.addEventListener("scroll", redraw);
  window.addEventListener("resize", () => {
    redraw();
    fit();
  });
  /** Let the columns' names lie where there is room for that. */
  const fit = () => {
    if (large) return;
    grid.classList.add("few");
    grid.classList.toggle("few", columns.length <= 12 && scroll.scrollWidth <= scroll.clientWidth);
  };
  const beside = () => matchMedia("(min-width: 60.01rem)").matches;

  // ---------------------------------------------------------------------------------------------
  // Highlights
  // ---------------------------------------------------------------------------------------------

  const light = (what, at = active) => {
    lit = what;
    $("lit").hidden = !what;
    $("lit-text").replaceChildren(...(what ? what.parts : []));
    for (const each of document.querySelectorAll("[data-plan]")) each.setAttribute("aria-pressed", String(Boolean(what && what.plan === Number(each.dataset.plan))));
    drawn = null;
    reach(at.row, at.column, false);
    if (what) say($("lit-text").textContent);
  };
  $("clear").addEventListener("click", () => {
    light(null);
    say("Nothing is highlighted.");
    reach(active.row, active.column, true);
  });
  const moves = (number) => `${digits(number)} of ${count(states.length ** 2, "move")}`;

  // ---------------------------------------------------------------------------------------------
  // The panel: a cell, a rule or a state
  // ---------------------------------------------------------------------------------------------

  const show = (title, body, focus) => {
    $("panel-title").replaceChildren(...title);
    $("panel-body").replaceChildren(...body.flat().filter(Boolean));
    $("back").hidden = false;
    $("panel").classList.remove("empty");
    $("panel").scrollTop = 0;
    if (focus) $("panel-title").focus();
    if (focus && !beside()) $("panel").scrollIntoView({ block: "start" });
  };

  const back = () => reach(active.row, active.column, true);
  $("back").addEventListener("click", back);
  $("panel").addEventListener("keydown", (event) => { if (event.key === "Escape") back(); });

  const openCell = (row, column, focus) => openMove(rows[row][0], columns[column][0], focus);

  const item = (number, entry, of, chips, more, kind = "") => make("li", { class: kind, "data-entry": entry.name },
    make("span", { class: "at" }, number),
    make("div", {}, make("div", { class: "line" }, ruleButton(entry, of), ...chips), ...more));

  /** Fill a list: some at once, the rest when there is time, unless the list has gone by then. */
  const inPieces = (list, things, made, first = 60) => {
    let next = 0;
    const more = (size) => {
      list.append(...things.slice(next, next + size).map(made));
      next += size;
      if (next < things.length) setTimeout(() => { if (list.isConnected) more(60); }, 30);
    };
    more(first);
  };

  const chip = (kind, text) => make("span", { class: `chip ${kind}` }, text);

  const openMove = (from, to, focus) => {
    const row = rowOf[from], column = columnOf[to];
    opened = { from, to };
    mark();
    const now = cell(policy, row, column);
    const was = before && cell(before, row, column);
    const fires = new Set(now.fires);
    const body = [pickers(from, to)];
    const kinds = before ? kindsIn(row, column) : [];
    if (before) body.push(make("p", { class: "verdict" }, ...(kinds.length ? kinds.flatMap((kind) => [chip(kind, kind), " "]) : [chip("", "unchanged")])));
    body.push(...summary(policy, now, row, column));
    if (labelled) {
      const plan = planOf(row, column);
      body.push(make("p", { class: "soft" }, `Plan ${plan.label}, ${plan.moves === 1 ? "of this move alone" : `shared by ${moves(plan.moves)}`}.`));
    }
    body.push(make("h3", {}, before ? "What fires, in this order, and what did" : "What fires, in this order"));
    const list = make("ol", { class: "rows fires" });
    const steps = merged(was, now);
    for (const { entry, of, chips, kind } of steps) {
      const { out } = of === policy ? now : was;
      const why = because(of, entry, from, to, out);
      const more = [...about(entry)];
      if (out.has(entry.at)) more.unshift(make("div", { class: "more no sentence" }, ...why));
      list.append(item(kind === "gone" ? "\u2212" : String(entry.at + 1), entry, of, [...chips, answers(entry)], more, kind));
    }
    body.push(steps.length ? list : make("p", { class: "soft" }, "Nothing."));
    if (now.fires.some((at) => policy.entries[at].kind === "rule")) body.push(make("p", { class: "soft" }, "Once a rule has refused, the rules after it do not run; transforms do."));
    const others = policy.entries.filter((entry) => !fires.has(entry.at));
    if (has(policy, row, column)) body.push(...otherList(policy, others, from, to, now.out, before ? "Why the others do not now" : "Why the others do not"));
    show([stateName(from), " \u2192 ", stateName(to)], body, focus);
    if (!focus) say(`${short(nameOf(from))} to ${short(nameOf(to))}: ${count(now.fires.length, "entry fires", "entries fire")}${now.out.size ? ", ruled out" : ""}.`);
    remember(from, to);
  };

  /** Let the address lead here. Not at every step: browsers count them. */
  let remembering = 0;
  const remember = (from, to) => {
    clearTimeout(remembering);
    remembering = setTimeout(() => history.replaceState(null, "", `#from=${from}&to=${to}`), 500);
  };

  const otherList = (of, others, from, to, out, title) => {
    if (!others.length) return [];
    const list = make("ol", { class: "rows others" });
    inPieces(list, others, (entry) => item(String(entry.at + 1), entry, of, [], [make("div", { class: "more sentence" }, ...because(of, entry, from, to, out))]));
    return [make("h3", {}, title), list];
  };

  const summary = (of, { fires, out }, row, column) => {
    if (!has(of, row, column)) return [make("p", { class: "verdict" }, "There is no such move any more: a state of it is gone.")];
    const refusing = fires.filter((at) => refuses(of.entries[at], out));
    const first = make("p", { class: "verdict" }, `${fires.length} of ${count(of.entries.length, "entry fires", "entries fire")}. `);
    if (out.size) first.append(chip("no", "Ruled out"), " by ", ...listed([...out].map((at) => of.entries[at].name), 5), ".");
    else if (refusing.length) first.append(chip("warn", "May be refused"), " by ", ...listed(refusing.map((at) => of.entries[at].name), 5), ".");
    else first.append(chip("yes", "Nothing refuses it"));
    return [first];
  };

  /** The entries of a cell, before and now, in one list: gone, new, moved, changed. */
  const merged = (was, now) => {
    if (!before) return now.fires.map((at) => ({ entry: policy.entries[at], of: policy, chips: [], kind: "" }));
    const steps = [];
    const older = was.fires, newer = now.fires;
    const there = new Map(older.map((at, place) => [at, place]));
    const kept = new Set(newer.map((at) => policy.entries[at].was).filter((at) => at !== null && there.has(at)));
    const stays = increasing(newer.map((at) => policy.entries[at].was).filter((at) => kept.has(at)));
    let place = 0;
    const gone = (until) => {
      for (; place < until; place++) {
        const entry = before.entries[older[place]];
        if (!kept.has(entry.at)) steps.push({ entry, of: before, chips: [chip("gone", "gone")], kind: "gone" });
      }
    };
    for (const at of newer) {
      const entry = policy.entries[at];
      const chips = [];
      if (entry.was === null || !kept.has(entry.was)) chips.push(chip("new", "new"));
      else {
        const old = before.entries[entry.was];
        if (stays.has(entry.was)) gone(there.get(entry.was));
        else chips.push(chip("moved", `moved, was ${entry.was + 1}.`));
        if (old.name !== entry.name) chips.push(chip("changed", `was called ${short(old.name)}`));
        if (String(old.verdicts) !== String(entry.verdicts)) chips.push(chip("changed", `answered ${old.verdicts === null ? "anything" : old.verdicts.join(", ") || "nothing"}`));
        if ([old.hooks, old.awaits].join(";") !== [entry.hooks, entry.awaits].join(";")) chips.push(chip("changed", "other hooks"));
        if (was.out.has(old.at) !== now.out.has(at)) chips.push(chip("changed", now.out.has(at) ? "rules it out now" : "did rule it out"));
      }
      steps.push({ entry, of: policy, chips, kind: chips.length ? "changed" : "" });
    }
    gone(older.length);
    return steps;
  };

  /** Of numbers as many as possible that increase, in a set. */
  const increasing = (numbers) => {
    const ends = [], previous = [];
    numbers.forEach((number, at) => {
      let low = 0;
      while (low < ends.length && numbers[ends[low]] < number) low++;
      previous[at] = low ? ends[low - 1] : -1;
      ends[low] = at;
    });
    const found = new Set();
    for (let at = ends.length ? ends[ends.length - 1] : -1; at >= 0; at = previous[at]) found.add(numbers[at]);
    return found;
  };

  /** Where a cell stands for several states, which of them is meant. */
  const pickers = (from, to) => {
    const choose = (label, members, chosen, run) => {
      if (members.length < 2) return null;
      const select = make("select", { on: { change: (event) => run(Number(event.target.value)) } },
        ...members.map((state) => make("option", { value: state }, short(nameOf(state)))));
      select.value = chosen;
      return make("label", {}, `${label} (${members.length} alike)`, select);
    };
    const again = (a, b, label) => {
      openMove(a, b, false);
      const select = [...$("panel-body").querySelectorAll("label")].find((each) => each.textContent.startsWith(label));
      if (select) select.querySelector("select").focus();
    };
    const found = [
      choose("From", rows[rowOf[from]], from, (state) => again(state, to, "From")),
      choose("To", columns[columnOf[to]], to, (state) => again(from, state, "To")),
    ].filter(Boolean);
    return found.length ? make("div", { class: "pick" }, ...found) : null;
  };

  const openRule = (of, at) => {
    const entry = of.entries[at];
    const covered = sized(rows, entry.rows) * sized(columns, entry.columns);
    opened = null;
    light({
      has: (row, column) => entry.rows.has(row) && entry.columns.has(column) && has(of, row, column),
      parts: [shortly(entry.name), ` fires for ${moves(covered)}, which are highlighted.`],
    });
    const body = [
      make("p", { class: "verdict" }, answers(entry), ` entry ${at + 1} of ${of.entries.length}${of === before ? ", in the old policy" : ""}`),
      ...about(entry),
    ];
    if (entry.kind === "rule") {
      body.push(make("h3", {}, "Leaving"), make("p", {}, ...listed(worded(leaving(entry)), 400)));
      body.push(make("h3", {}, "Entering"), make("p", {}, ...listed(worded(entering(entry)), 400)));
    } else body.push(make("p", {}, "It fires for every move, and gives no verdict."));
    show([named(entry.name)], body, false);
  };

  const openState = (state) => {
    const row = rowOf[state], column = columnOf[state];
    opened = null;
    light({
      has: (a, b) => a === row || b === column,
      parts: ["The moves from and to ", shortly(nameOf(state)), " are highlighted."],
    }, { row, column });
    const split = (classes, at) => {
      const open = [], shut = [];
      classes.forEach((members, other) => (cell(policy, ...at(other)).out.size ? shut : open).push(other));
      return [open, shut];
    };
    const buttons = (found, classes, words, run) => found.length
      ? make("div", { class: "goto" }, ...found.slice(0, 60).map((each) => make("button", { type: "button", on: { click: () => run(classes[each][0]) } }, ...listed(words(each), 3))),
        found.length > 60 ? `and ${count(found.length - 60, "more", "more")}` : "")
      : make("p", { class: "soft" }, "Nowhere.");
    const [open, shut] = split(columns, (other) => [row, other]);
    const [into, never] = split(rows, (other) => [other, column]);
    const go = (from, to) => { reach(rowOf[from], columnOf[to], false); openMove(from, to, true); };
    const body = [
      make("h3", {}, "From here it may become"), buttons(open, columns, columnWords, (to) => go(state, to)),
      shut.length ? make("h3", {}, "Ruled out from here") : null, shut.length ? buttons(shut, columns, columnWords, (to) => go(state, to)) : null,
      make("h3", {}, "It may be entered from"), buttons(into, rows, rowWords, (from) => go(from, state)),
      never.length ? make("h3", {}, "Ruled out to here") : null, never.length ? buttons(never, rows, rowWords, (from) => go(from, state)) : null,
    ];
    show([stateName(state)], body, false);
  };

  // ---------------------------------------------------------------------------------------------
  // The search
  // ---------------------------------------------------------------------------------------------

  const search = $("search"), found = $("found");
  let options = [], at = -1;
  const low = (text) => text.toLowerCase();
  const things = [
    ...states.map((_, state) => ({ kind: "state", state, text: nameOf(state), run: () => openState(state) })),
    ...policy.entries.map((entry) => ({ kind: entry.kind, text: entry.name, run: () => openRule(policy, entry.at) })),
    ...(before ? before.entries.filter((entry) => !policy.entries.some((now) => now.was === entry.at)).map((entry) => ({ kind: "gone", text: entry.name, run: () => openRule(before, entry.at) })) : []),
  ].map((thing) => ({ ...thing, low: low(thing.text) }));

  const matching = (text) => {
    const wanted = low(text.trim());
    if (!wanted) return [];
    const rank = (thing) => thing.low === wanted ? 0 : thing.low.startsWith(wanted) ? 1 : 2;
    const named = things.filter((thing) => thing.low.includes(wanted)).sort((a, b) => rank(a) - rank(b));
    const ends = wanted.split(/\s*(?:->|\u2192)\s*/);
    if (ends.length !== 2) return named;
    const [froms, tos] = ends.map((end) => things.filter((thing) => thing.kind === "state" && thing.low.startsWith(end))
      .sort((a, b) => (b.low === end) - (a.low === end)).slice(0, 5));
    return [...named, ...froms.flatMap((from) => tos.map((to) => ({
      kind: "move", text: `${from.text} \u2192 ${to.text}`,
      run: () => {
        reach(rowOf[from.state], columnOf[to.state], false);
        openMove(from.state, to.state, true);
      },
    })))];
  };

  const close = () => {
    found.hidden = true;
    search.setAttribute("aria-expanded", "false");
    search.removeAttribute("aria-activedescendant");
    at = -1;
  };
  const choose = (thing) => {
    close();
    search.value = short(thing.text, 200);
    thing.run();
  };
  const point = (to) => {
    at = to;
    [...found.children].forEach((each, place) => { if (each.role === "option") each.setAttribute("aria-selected", String(place === at)); });
    search.setAttribute("aria-activedescendant", `found-${at}`);
    const here = $(`found-${at}`);
    if (here) here.scrollIntoView({ block: "nearest" });
  };
  search.addEventListener("input", () => {
    const all = matching(search.value);
    options = all.slice(0, 50);
    if (!search.value.trim()) {
      close();
      return;
    }
    found.replaceChildren(...options.map((thing, place) => make("li", { role: "option", id: `found-${place}`, "aria-selected": "false", on: { mousedown: (event) => { event.preventDefault(); choose(thing); } } },
      chip("", thing.kind), shortly(thing.text))));
    if (!options.length) found.append(make("li", { class: "note", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Nothing is called so."));
    found.hidden = false;
    search.setAttribute("aria-expanded", "true");
    say(options.length ? `${count(all.length, "is", "are")} found.` : "Nothing is called so.");
    if (options.length) point(0);
    else search.removeAttribute("aria-activedescendant");
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (found.hidden) search.value = "";
      close();
    } else if (!found.hidden && options.length) {
      if (event.key === "ArrowDown") point((at + 1) % options.length);
      else if (event.key === "ArrowUp") point((at + options.length - 1) % options.length);
      else if (event.key === "Enter") choose(options[at]);
      else return;
      event.preventDefault();
    }
  });
  search.addEventListener("blur", close);

  // ---------------------------------------------------------------------------------------------
  // What stands around
  // ---------------------------------------------------------------------------------------------

  const legend = () => {
    const key = make("p", { class: "key" });
    const sign = (kind, text, what) => key.append(make("span", {}, make("i", { class: kind, "aria-hidden": "true" }, text), what));
    if (before) {
      for (const [kind, [mark, what]] of Object.entries(KINDS)) {
        if (changes.some((change) => change.kinds.includes(kind))) key.append(make("span", {}, chip(kind, `${mark} ${kind}`), ` ${what}`));
      }
    } else {
      sign("few", "", "few entries fire");
      sign("many", "", "most of them");
    }
    const some = (wanted) => !labelled || plans.some(({ row, column }) => wanted(cell(policy, row, column)));
    if (some(({ out }) => out.size)) sign("out", "", "ruled out, whatever happens");
    if (some(({ fires }) => !fires.length)) sign("", "\u00b7", "nothing fires");
    $("legend").append(key);
    if (!labelled) {
      $("legend-title").textContent = "The cells";
      $("legend").append(make("p", { class: "hint" }, `Too many of the ${count(total, "cell")} differ to have names: the number in a cell is how many entries fire. Open one to see which.`));
      return;
    }
    const list = make("ol", { class: "plans", "aria-labelledby": "legend-title" });
    const planItem = (place) => {
      const { row, column, label, moves: covered } = plans[place];
      const now = cell(policy, row, column), was = before && cell(before, row, column);
      const steps = make("div", { class: "steps" });
      for (const { entry, of, kind, chips } of merged(was, now)) {
        const out = (of === policy ? now : was).out.has(entry.at);
        steps.append(" ", make("span", { class: out ? "no" : "" }, make("span", { class: kind === "gone" ? "gone" : "" }, shortly(entry.name)), ...(chips.length ? [" ", ...chips] : []), out ? make("span", { class: "refuses" }, " (always refuses)") : ""));
      }
      if (!steps.childElementCount) steps.append(make("span", { class: "soft" }, "nothing fires"));
      const button = make("button", { type: "button", "data-plan": place, "aria-pressed": "false", "aria-label": `Highlight plan ${label}`,
        on: { click: () => light(lit && lit.plan === place ? null : {
          plan: place, has: (a, b) => planAt[a * columns.length + b] === place,
          parts: [`Plan ${label} is what ${moves(covered)} ${covered === 1 ? "has" : "have"}; ${count(plans[place].cells, "cell is", "cells are")} highlighted.`],
        }) } }, label);
      return make("li", {}, button, make("div", {}, steps, make("div", { class: "soft" }, count(covered, "move"))));
    };
    const order = plans.map((_, place) => place);
    if (before) {
      const changed = new Set(order.filter((place) => kindsIn(plans[place].row, plans[place].column).length));
      order.sort((a, b) => changed.has(b) - changed.has(a) || a - b);
    }
    list.append(...order.slice(0, SHOWN_PLANS).map(planItem));
    $("legend").append(list);
    restOf(list, order, SHOWN_PLANS, planItem, "plan");
  };

  /** A button after a list for what is not in it yet. */
  const restOf = (list, things, first, made, what) => {
    if (things.length <= first) return;
    const more = make("button", { type: "button", on: { click: () => {
      list.append(...things.slice(first).map(made));
      list.children[first].tabIndex = -1;
      list.children[first].focus();
      more.remove();
    } } }, `Show all ${count(things.length, what)}`);
    list.after(more);
  };

  const entryList = () => {
    const list = make("ol", { class: "rows" });
    inPieces(list, policy.entries, (entry) => {
      const sets = entry.kind === "rule"
        ? make("div", {}, ...listed(worded(leaving(entry)), 6), " \u2192 ", ...listed(worded(entering(entry)), 6))
        : make("div", {}, "every move");
      return item(String(entry.at + 1), entry, policy, [answers(entry)], [sets, ...about(entry)]);
    }, large ? 0 : 60);
    $("entries-body").append(policy.entries.length ? list : make("p", { class: "soft" }, "There are none: every move is accepted."));
  };

  const changeList = () => {
    $("changes").hidden = false;
    $("changes-body").append(...(data.recorded || []).map((text) => make("p", {}, make("bdi", {}, short(text, 1000)))));
    if (!changes.length) {
      $("changes-body").append(make("p", {}, "Nothing: the two policies do the same."));
      return;
    }
    const list = make("ol", { class: "changes" });
    const changeItem = (change) => {
      const covered = sized(rows, change.rows) * sized(columns, change.columns);
      const text = make("div", {});
      if (covered) text.append(...listed(worded(statesIn(rows, change.rows)), 8), " \u2192 ", ...listed(worded(statesIn(columns, change.columns)), 8), ": ");
      text.append(make("bdi", {}, short(change.sentence, 400)));
      if (covered) {
        text.append(" ", make("button", { type: "button", "aria-label": `Highlight ${count(covered, "move")}`, on: { click: () => light({
          has: (row, column) => change.rows.has(row) && change.columns.has(column),
          parts: [`${change.kinds.join(", ")}: ${moves(covered)}, which are highlighted.`],
        }) } }, count(covered, "move")));
        if (change.witness) {
          text.append(" ", make("button", { type: "button", on: { click: () => {
            const [from, to] = change.witness;
            reach(rowOf[from], columnOf[to], false);
            openMove(from, to, true);
          } } }, "such as ", shortly(nameOf(change.witness[0])), " \u2192 ", shortly(nameOf(change.witness[1]))));
        }
        if (change.weight) text.append(" ", make("span", { class: "weight" }, change.weight));
      }
      return make("li", {}, make("span", {}, ...change.kinds.slice(0, 1).map((kind) => chip(kind, `${KINDS[kind][0]} ${kind}`))), text);
    };
    list.append(...changes.slice(0, SHOWN_CHANGES).map(changeItem));
    $("changes-body").append(list);
    restOf(list, changes, SHOWN_CHANGES, changeItem, "line");
  };

  const remarkList = () => {
    $("changes").hidden = false;
    $("changes-title").textContent = short(remarks.title, 200);
    $("changes-body").append(make("p", {}, make("bdi", {}, short(remarks.about, 400))));
    if (!remarks.listed.length) return;
    const list = make("ol", { class: "changes" });
    const remarkItem = (remark) => {
      const [from, to] = remark.witness;
      const text = make("div", {}, make("bdi", {}, short(remark.sentence, 400)));
      text.append(" ", make("button", { type: "button", on: { click: () => light({ has: remark.has, parts: ["The moves of one remark are highlighted."] }) } }, "highlight"));
      text.append(" ", make("button", { type: "button", on: { click: () => {
        reach(rowOf[from], columnOf[to], false);
        openMove(from, to, true);
      } } }, shortly(nameOf(from)), " \u2192 ", shortly(nameOf(to))));
      return make("li", {}, make("span", {}, "?"), text);
    };
    list.append(...remarks.listed.slice(0, SHOWN_CHANGES).map(remarkItem));
    $("changes-body").append(list);
    restOf(list, remarks.listed, SHOWN_CHANGES, remarkItem, "line");
  };

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
  const other = () => theme() === "dark" ? "light" : "dark";
  const themed = () => { $("theme").textContent = `Switch to ${other()}`; };
  $("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = other();
    themed();
  });
  dark.addEventListener("change", themed);
  themed();

  const start = () => {
    const names = policies.map((of) => of.name);
    $("name").append(...(before && names[0] !== names[1] ? [named(names[0]), " \u2192 ", named(names[1])] : [named(policy.name)]));
    const folded = rows.length < states.length || columns.length < states.length ? ` Of states that behave alike there is one row or column: ${rows.length} \u00d7 ${columns.length}.` : "";
    $("summary").textContent = `${count(policy.entries.length, "entry", "entries")} over ${count(states.length - 1, "state")} and None${labelled ? `, ${count(plans.length, "plan")}` : ""}.`;
    $("hint").textContent = `A row is a state that is left, a column one that is entered. Open a cell with a click, or go there with the arrow keys and press Enter.${folded}`;
    grid.setAttribute("aria-rowcount", rows.length + 1);
    grid.setAttribute("aria-colcount", columns.length + 1);
    if (large) {
      grid.classList.add("large");
      grid.style.width = `${HEAD + columns.length * WIDTH}px`;
      $("part").hidden = false;
      const longest = Math.min(24, Math.max(...columns.map((members) => nameOf(members[0]).length)));
      grid.style.setProperty("--high", `${1 + longest * 0.6}em`);
    }
    draw();
    fit();
    legend();
    entryList();
    if (before) changeList();
    if (remarks) remarkList();
    $("panel-title").append("No cell is open");
    $("panel-body").append(make("p", { class: "soft" }, "Open one to see what fires for its move, in which order, what each entry may answer, and why the others do not fire."));
    followAddress();
    window.addEventListener("hashchange", followAddress);
  };
  const followAddress = () => {
    const asked = /^#from=(\d+)&to=(\d+)$/.exec(location.hash);
    if (asked && asked[1] < states.length && asked[2] < states.length) {
      reach(rowOf[asked[1]], columnOf[asked[2]], false);
      openMove(Number(asked[1]), Number(asked[2]), false);
    }
  };
  start();
})();
