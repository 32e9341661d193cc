"""The page's style sheet: light, dark, narrow and on paper.

Colours are told apart with any kind of colour vision (after Okabe and Ito) and keep a contrast of
4.5 to 1 as text, 3 to 1 as shapes (WCAG AA). Fonts are those that systems bring along.
"""

STYLE = """
:root{color-scheme:light dark;--bg:#f4f6f9;--card:#fff;--ink:#16202c;--soft:#55606e;
--line:#dde3ea;--track:#eaeff4;--c0:#0b5fa5;--c1:#c2570c;--c2:#0a7f5e;--up:#0b5fa5;--down:#b4470a;
--f0:#0b3f70;--f1:#0b5290;--f2:#1467ae;--f3:#2c7fc4;--f4:#0a7f5e;--f5:#0e946e;--f6:#c2570c;
--radius:12px;--shade:0 1px 2px rgba(16,32,48,.06),0 1px 8px rgba(16,32,48,.04)}
@media (prefers-color-scheme:dark){:root{--bg:#0e141b;--card:#171f29;--ink:#e8edf3;--soft:#a3b0bf;
--line:#2b3643;--track:#232e3a;--c0:#5db3f0;--c1:#f2a25c;--c2:#45cfa3;--up:#6fbcf3;--down:#f5ab6b;
--f0:#8fcbf7;--f1:#76bff4;--f2:#5db3f0;--f3:#459fdd;--f4:#45cfa3;--f5:#35b68d;--f6:#f2a25c;
--shade:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);line-height:1.5;font-size:15px;
font-family:system-ui,-apple-system,"Segoe UI","Helvetica Neue","PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","WenQuanYi Micro Hei",Arial,sans-serif;
font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}
:lang(zh){font-family:"Helvetica Neue","Segoe UI","PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","WenQuanYi Micro Hei",Arial,sans-serif}
.page{max-width:1120px;margin:0 auto;padding:32px 24px 48px}
:focus-visible{outline:3px solid var(--c1);outline-offset:2px}
header{margin-bottom:24px}
.company{margin:0 0 2px;color:var(--soft);font-size:15px}
h1{margin:0 0 12px;font-size:30px;line-height:1.2;letter-spacing:-.01em}
h2{display:flex;align-items:baseline;gap:10px;margin:36px 0 14px;font-size:20px;line-height:1.3}
h3{margin:0;font-size:16px;font-weight:650;line-height:1.4}
.facts{display:flex;flex-wrap:wrap;gap:4px 28px;margin:0}
.facts div{display:flex;gap:8px}
.facts dt{color:var(--soft)}
.facts dd{margin:0}
.notice{margin:0 0 20px;padding:14px 18px;border:1px solid var(--line);
border-left:4px solid var(--c1);border-radius:8px;background:var(--card)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(196px,1fr));gap:14px;margin:0;
padding:0;list-style:none}
.money .cards{grid-template-columns:repeat(4,minmax(0,1fr))}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:var(--radius);
box-shadow:var(--shade)}
.card{padding:14px 16px;min-width:0}
.card .name{color:var(--soft);font-size:14px}
.card .much{display:block;margin:2px 0 4px;font-size:25px;font-weight:650;line-height:1.25;
letter-spacing:-.01em;overflow-wrap:anywhere}
.card .much.long{font-size:19px;line-height:1.64}
.card .much small{font-size:13px;font-weight:500;color:var(--soft);letter-spacing:0}
.card .then{font-size:13px;color:var(--soft)}
.change{font-weight:600;white-space:nowrap;margin-right:8px}
.then span:last-child{display:inline-block}
.better{color:var(--up)}
.worse{color:var(--down)}
.tables{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px;margin-top:16px}
figure{margin:0;padding:18px 20px;min-width:0}
figure.wide{grid-column:1/-1;display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);
gap:10px 32px;align-items:start}
figure.wide figcaption{grid-column:1/-1}
figure.wide.bare{grid-template-columns:minmax(0,1fr)}
figcaption p{margin:2px 0 12px;color:var(--soft);font-size:13px}
figure.wide figcaption p{margin-bottom:0}
.chart{display:block;width:100%;height:auto;margin:4px 0 14px;overflow:visible}
.chart text{fill:var(--ink);font-size:12.5px;font-family:inherit}
.chart .axis{fill:var(--soft);font-size:11.5px}
.chart .end{text-anchor:end}
.chart .middle{text-anchor:middle}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart .track{fill:var(--track)}
.chart .bar{fill:var(--c0)}
.chart .line{fill:none;stroke-width:2.2;stroke-linejoin:round}
.chart .line.c0{stroke:var(--c0)}
.chart .line.c1{stroke:var(--c1);stroke-dasharray:6 4}
.chart .line.c2{stroke:var(--c2);stroke-dasharray:2 4}
.chart .fill.c0{fill:var(--c0)}
.chart .fill.c1{fill:var(--c1)}
.chart .fill.c2{fill:var(--c2)}
.chart .s0{fill:var(--f0)}.chart .s1{fill:var(--f1)}.chart .s2{fill:var(--f2)}
.chart .s3{fill:var(--f3)}.chart .s4{fill:var(--f4)}.chart .s5{fill:var(--f5)}
.chart .s6{fill:var(--f6)}
.scroll{overflow-x:auto;max-width:100%}
table{width:100%;border-collapse:collapse;font-size:13.5px}
th,td{padding:6px 0 6px 14px;text-align:right;border-bottom:1px solid var(--line);
vertical-align:top;white-space:nowrap}
th:first-child{padding-left:0;text-align:left;white-space:normal;overflow-wrap:anywhere;
min-width:6.5em}
thead th{color:var(--soft);font-weight:500;vertical-align:bottom}
tbody th{font-weight:500}
tbody tr:last-child>*{border-bottom:0}
details{margin-top:2px}
summary{cursor:pointer;color:var(--c0);font-size:13px;padding:2px 0;width:max-content;
border-radius:4px}
details[open] summary{margin-bottom:6px}
.none{margin:0;color:var(--soft)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
footer{margin-top:32px;color:var(--soft);font-size:13px}
@media (max-width:820px){.money .cards{grid-template-columns:repeat(2,minmax(0,1fr))}
.tables,figure.wide{grid-template-columns:minmax(0,1fr)}}
@media (max-width:520px){.page{padding:20px 14px 32px}h1{font-size:24px}
.cards{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}.card{padding:12px}
.card .much{font-size:20px}.card .much.long{font-size:15px;line-height:1.67}
.card .much small{display:block;line-height:1.3}figure{padding:14px}
.facts{display:block}.chart text{font-size:14.5px}.chart .axis{font-size:14px}
table{font-size:13px}th,td{padding-left:10px}}
@media print{@page{size:A4;margin:12mm 12mm}
:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#c8ced6;--track:#eef1f4;
--c0:#0b5fa5;--c1:#c2570c;--c2:#0a7f5e;--up:#0b5fa5;--down:#b4470a;--f0:#0b3f70;--f1:#0b5290;
--f2:#1467ae;--f3:#2c7fc4;--f4:#0a7f5e;--f5:#0e946e;--f6:#c2570c;--shade:none;--radius:6px}
body{font-size:9.5pt;line-height:1.4;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.page{max-width:none;padding:0}h1{font-size:19pt}
h2{margin:16px 0 8px;font-size:13pt;break-after:avoid}
.card,figure,tr{break-inside:avoid}section.money{break-before:page}
.cards{grid-template-columns:repeat(5,minmax(0,1fr));gap:8px}
.money .cards{grid-template-columns:repeat(4,minmax(0,1fr))}details{display:none}
.card{padding:8px 10px}
.card .much{font-size:14pt}.card .much.long{font-size:10.5pt}.card .much small{display:block}
.tables{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px;margin-top:8px}
figure{padding:8px 12px}.chart{margin:2px 0 4px}figcaption p{margin-bottom:4px}
header{margin-bottom:10px}
figure.wide{grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:6px 18px}
table{font-size:8pt}th,td{padding:3px 0 3px 6px}thead th{white-space:normal}
.scroll{overflow:visible}}
"""
