// How the page looks, light and dark, on paper and on a telephone.

/// The style sheet of the page.
enum HTMLStyle {
  static let sheet = """
    :root { color-scheme: light dark;
      --bg: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5d6b7c; --line: #dde2e9;
      --critical: #b3261e; --critical-bg: #fdecea; --warning: #8a5a00; --warning-bg: #fff4dc;
      --info: #1f5fa8; --info-bg: #e8f1fc; --good: #1d7a46; --good-bg: #e5f6ec;
      --node: #f0f3f7; --l3: #e3e9f1; --pu: #fbfcfe; --pu-ink: #3d4a5c; }
    @media (prefers-color-scheme: dark) { :root {
      --bg: #12161c; --card: #1a2029; --ink: #e4e9f0; --soft: #9aa8b9; --line: #2d3642;
      --critical: #ff8a80; --critical-bg: #3b1a19; --warning: #f3bf5b; --warning-bg: #352913;
      --info: #83b9f5; --info-bg: #172a40; --good: #6fd39b; --good-bg: #14301f;
      --node: #202834; --l3: #2a3442; --pu: #36424f; --pu-ink: #c9d4e1; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--bg); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 8px; }
    header { display: flex; gap: 24px; align-items: center; flex-wrap: wrap; }
    header > div { flex: 1 1 320px; min-width: 0; }
    h1 { margin: 0; font-size: 26px; line-height: 1.2; overflow-wrap: anywhere; }
    h2 { margin: 32px 0 12px; font-size: 18px; }
    .about { margin: 4px 0 10px; color: var(--soft); overflow-wrap: anywhere; }
    .ring { width: 116px; height: 116px; flex: none; }
    .ring circle { fill: none; stroke-width: 3.4; }
    .ring .track { stroke: var(--line); } .ring .arc { stroke: currentColor; }
    .ring text { fill: currentColor; font-size: 11px; font-weight: 700; text-anchor: middle; }
    .ring .of { font-size: 4px; font-weight: 400; fill: var(--soft); }
    .ring.critical, li.critical b { color: var(--critical); }
    .ring.warning, li.warning b { color: var(--warning); }
    li.info b { color: var(--info); } .ring.good, li.good b { color: var(--good); }
    .tiles { display: flex; flex-wrap: wrap; gap: 6px; margin: 0; padding: 0; list-style: none; }
    .tiles li { padding: 3px 10px; background: var(--card); border: 1px solid var(--line);
      border-radius: 99px; font-size: 13px; }
    .tiles .none, .tiles .none b { color: var(--soft); font-weight: 400; }
    details.finding { background: var(--card); border: 1px solid var(--line); border-left: 4px solid;
      border-radius: 6px; margin: 8px 0; padding: 0 14px; }
    details.critical, .follows.critical { border-left-color: var(--critical); }
    details.warning, .follows.warning { border-left-color: var(--warning); }
    details.info, .follows.info { border-left-color: var(--info); }
    summary { cursor: pointer; padding: 10px 0; }
    .finding > summary { display: flex; gap: 6px 12px; align-items: baseline; list-style: none; }
    .finding > summary::-webkit-details-marker { display: none; }
    .finding > summary::after { content: "▸"; color: var(--soft); }
    .finding[open] > summary::after { content: "▾"; }
    .message { flex: 1 1 auto; min-width: 0; overflow-wrap: anywhere; }
    .mark { flex: none; padding: 1px 8px; border-radius: 99px; font-size: 12px; font-weight: 600; }
    .critical > summary .mark, .follows.critical .mark { color: var(--critical); background: var(--critical-bg); }
    .warning > summary .mark, .follows.warning .mark { color: var(--warning); background: var(--warning-bg); }
    .info > summary .mark, .follows.info .mark { color: var(--info); background: var(--info-bg); }
    .count { margin-left: 8px; padding: 0 7px; border-radius: 99px; background: var(--l3);
      font-size: 12px; white-space: nowrap; }
    code { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; color: var(--soft);
      overflow-wrap: anywhere; }
    .follows { margin: 10px 0 12px; padding: 2px 0 2px 12px; border-left: 3px solid; }
    .follows > p { margin: 0 0 6px; } .follows .mark { margin-right: 8px; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: 13px; background: var(--card); }
    th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line);
      overflow-wrap: break-word; min-width: 64px; max-width: 560px; }
    section > .scroll { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 4px 14px; }
    th { color: var(--soft); font-weight: 500; }
    tbody tr:last-child td { border-bottom: 0; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; margin: 10px 0 14px; font-size: 14px; }
    dt { color: var(--soft); } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
    em { color: var(--soft); font-style: normal; } em::before { content: "– "; }
    a { color: var(--info); }
    .map { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 12px; }
    .map svg { display: block; height: auto; max-width: 100%; min-width: 680px; }
    .map text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--ink); }
    .map .soft { fill: var(--soft); } .map .num { font-size: 10px; text-anchor: middle; fill: var(--pu-ink); }
    .map .pkg { fill: none; stroke: var(--line); stroke-width: 1.5; } .map .node { fill: var(--node); }
    .map .l3 { fill: var(--l3); } .map .core { fill: none; stroke: var(--soft); stroke-opacity: .45; }
    .map .pu { fill: var(--pu); } .map .used { fill: var(--guest); } .map .used + text { fill: #fff; }
    .map .shared { stroke: var(--critical); stroke-width: 2; } .map .isolated { stroke: var(--soft); stroke-dasharray: 2 2; }
    .map .bar { fill: var(--line); } .map .huge { fill: var(--info); } .map .full { fill: var(--good); }
    .map .chip { fill: var(--card); stroke: var(--line); }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 10px 0 0; padding: 0; list-style: none; font-size: 13px; }
    .legend i { display: inline-block; width: 11px; height: 11px; margin-right: 6px; border-radius: 3px; background: var(--guest); }
    .legend li { overflow-wrap: anywhere; }
    footer { max-width: 1120px; margin: 0 auto; padding: 16px 20px 32px; color: var(--soft); font-size: 13px; }
    @media (max-width: 640px) {
      main { padding: 16px 12px 4px; } .ring { width: 84px; height: 84px; }
      .finding > summary { flex-wrap: wrap; } .message { flex-basis: 100%; order: 3; }
      .finding > summary code { flex: 1; } details.finding { padding: 0 10px; } }
    @media print { body { background: #fff; } details.finding { break-inside: avoid; } }
    """
}
