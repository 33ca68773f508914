import {fill, h} from "../../lib/dom.js";
export default (root) => void fill(root, h("h1", {}, "logs"));
