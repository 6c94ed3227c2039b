/// The looks of a page: a light scheme and a dark one, from a telephone's width up.
enum StyleSheet {
  static let text = """
    :root { color-scheme: light dark;
      --page: #fcfcfb; --ink: #1c1d1f; --soft: #55585e; --line: #d9dadc; --panel: #ffffff;
      --warn: #8a3b00; --warnpage: #fff3e6; --void: #e9e9e7;
      --c0: #0b5fa5; --c1: #b35400; --c2: #00795a; --c3: #a64d85; --c4: #7a6a00; --c5: #3f8fbf; }
    @media (prefers-color-scheme: dark) { :root {
      --page: #17181b; --ink: #e8e8e6; --soft: #a6a9b0; --line: #393c42; --panel: #1f2125;
      --warn: #ffc896; --warnpage: #3a2a17; --void: #2a2c31;
      --c0: #6fb4f2; --c1: #ff9d52; --c2: #3fc9a0; --c3: #e59ccb; --c4: #d6c540; --c5: #a8d8f5; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
    main { max-width: 1500px; margin: 0 auto; padding: 24px clamp(14px, 3vw, 40px) 64px; }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 8px 0 4px; overflow-wrap: anywhere; }
    h2 { font-size: 1.2rem; margin: 36px 0 10px; }
    h3 { font-size: 0.95rem; margin: 0 0 4px; overflow-wrap: anywhere; }
    h4 { font-size: 0.8rem; margin: 0 0 6px; color: var(--soft); font-weight: 600;
      overflow-wrap: anywhere; }
    .about { color: var(--soft); max-width: 70ch; margin: 4px 0 16px; }
    .warning { background: var(--warnpage); color: var(--warn); padding: 8px 12px;
      border-radius: 6px; }
    .verdict { border-left: 3px solid var(--c0); padding: 2px 0 2px 12px; max-width: 90ch;
      font-weight: 600; }
    .summary { display: flex; flex-wrap: wrap; gap: 10px 32px; margin: 16px 0 0; }
    .summary dt, .manifest dt { color: var(--soft); font-size: 0.8rem; }
    .summary dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
    .charts { display: grid; gap: 16px;
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }
    figure { margin: 0; padding: 14px; background: var(--panel); border: 1px solid var(--line);
      border-radius: 8px; min-width: 0; }
    .chart { overflow-x: auto; }
    .chart svg { display: block; width: 100%; max-width: 540px; height: auto; margin: 0 auto; }
    figcaption { color: var(--soft); font-size: 0.8rem; margin-top: 6px; }
    svg text { font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
      fill: var(--ink); }
    svg .tick { fill: var(--soft); font-size: 11.5px; }
    svg .axis { fill: var(--ink); font-size: 12.5px; }
    svg .middle { text-anchor: middle; }
    svg .end { text-anchor: end; }
    svg .heat, svg .ramp { fill: var(--l); }
    svg .heat { stroke: var(--panel); stroke-width: 1; }
    svg .cell { text-anchor: middle; font-size: 10.5px; fill: var(--tl); pointer-events: none; }
    svg .empty { fill: var(--void); }
    .hatchpage { fill: var(--panel); } .hatchline { stroke: var(--soft); stroke-width: 1.6; }
    svg .skipped { fill: url(#hatch); stroke: var(--line); }
    svg .grid { stroke: var(--line); }
    svg .frame, svg .mark { stroke: var(--soft); }
    svg .reference { stroke: var(--soft); stroke-dasharray: 5 4; }
    svg .curve { fill: none; stroke: var(--c); stroke-width: 2; }
    svg .thin { stroke-width: 1.2; }
    svg .band { fill: var(--c); opacity: 0.13; }
    svg .dot { fill: var(--c); stroke: var(--panel); stroke-width: 0.8; }
    svg .cross { stroke: var(--ink); stroke-width: 1.6; }
    .c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); }
    .c3 { --c: var(--c3); } .c4 { --c: var(--c4); } .c5 { --c: var(--c5); }
    @media (prefers-color-scheme: dark) {
      svg .heat, svg .ramp { fill: var(--d); } svg .cell { fill: var(--td); } }
    .key { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 6px 0 0;
      padding: 0; font-size: 0.82rem; }
    .key li { display: flex; align-items: center; gap: 6px; }
    article { margin: 0 0 22px; }
    .prompt { font-weight: 600; margin: 0 0 8px; white-space: pre-wrap; overflow-wrap: anywhere;
      max-width: 90ch; }
    .cards { display: grid; gap: 12px;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 165px), 1fr)); }
    .card { background: var(--panel); border: 1px solid var(--line); border-radius: 8px;
      padding: 10px 12px; min-width: 0; max-height: 22rem; overflow-y: auto; }
    .card p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.9rem; }
    .card .none { color: var(--soft); font-style: italic; }
    .charts + .table { margin-top: 14px; }
    summary { cursor: pointer; margin-top: 30px; }
    summary h2 { display: inline; }
    details > .table { margin-top: 12px; }
    .table { overflow-x: auto; }
    table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
    th, td { padding: 4px 14px 4px 0; text-align: left; border-bottom: 1px solid var(--line);
      vertical-align: top; white-space: nowrap; }
    th { color: var(--soft); font-weight: 600; }
    .manifest { display: grid; gap: 8px 28px; margin: 0;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
    .manifest dd { margin: 0; font: 0.82rem/1.4 ui-monospace, "Liberation Mono", monospace;
      overflow-wrap: anywhere; white-space: pre-wrap; }
    @media print { .card { max-height: none; } figure, .card, article { break-inside: avoid; } }
    """
}
