(function () {
  "use strict";
  var root = document.getElementById("app");
  function el(tag, cls, text) {
    var node = document.createElement(tag);
    if (cls) node.className = cls;
    if (text) node.textContent = text;
    return node;
  }
  fetch("/api/home.json").then(function (r) { return r.json(); }).then(function (home) {
    document.title = home.title;
    var bar = el("div", "bar", home.brand);
    bar.appendChild(el("span", "", home.phone));
    root.appendChild(bar);
    var hero = el("div", "hero");
    hero.appendChild(el("h1", "", home.slogan));
    hero.appendChild(el("p", "", home.promise));
    root.appendChild(hero);
    var list = el("div", "list");
    home.products.forEach(function (p) {
      var item = el("div", "item");
      item.appendChild(el("div", "", p.name));
      item.appendChild(el("b", "", p.rate));
      item.appendChild(el("small", "", p.label));
      item.appendChild(el("p", "", p.term));
      item.appendChild(el("button", "", "立即加入"));
      list.appendChild(item);
    });
    root.appendChild(list);
    root.appendChild(el("div", "foot", home.foot));
  });
})();
