"""Pages of the site that are made from the sources, when mkdocs builds it.

The configuration page comes from the structs that decode it, the commands from the command line
itself, the hooks from their specifications, the metrics from their declarations; the READMEs of
the plugins, ARCHITECTURE.md and CHANGELOG.md are taken as they are.  None of them is kept in a
file, so none can be out of date.
"""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

CHECKOUT = Path(__file__).resolve().parent.parent
DECISIONS = CHECKOUT / "docs" / "decisions"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """mkdocs' hook: add the pages."""
    for name, make in PAGES.items():
        files.append(File.generated(config, name, content=make()))
    for folder in plugin_folders():
        readme = rewritten((folder / "README.md").read_text(), "../")
        files.append(File.generated(config, f"plugins/{folder.name}.md", content=readme))
    return files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """mkdocs' hook: list the plugins' pages and the decisions in the navigation."""
    plugins = ["plugins.md", *(f"plugins/{folder.name}.md" for folder in plugin_folders())]
    decisions = ["decisions.md", *(f"decisions/{file.name}" for file in decision_files())]
    for part in config.nav or []:
        if isinstance(part, dict) and "Look up" in part:
            part["Look up"] = [
                {"Plugins": plugins} if isinstance(page, dict) else page for page in part["Look up"]
            ]
        if isinstance(part, dict) and "Understand" in part:
            part["Understand"] = [
                {"Decisions": decisions} if page == "decisions.md" else page
                for page in part["Understand"]
            ]
    return config


def plugin_folders() -> list[Path]:
    return [file.parent for file in sorted(CHECKOUT.glob("plugins/*/pyproject.toml"))]


def decision_files() -> list[Path]:
    return sorted(DECISIONS.glob("*.md"))


def configuration_page() -> str:
    from microdns.config.docs import config_page
    from microdns.lifecycle.configure import installed_layout

    return config_page(installed_layout())


COMMANDS = """\
# Commands

`microdns` serves, and talks to the process that serves. Every command takes these options, before
or after its name:

| option | meaning |
|---|---|
| `-c`, `--config FILE` | the file; else `MICRODNS_CONFIG`, else `/etc/microdns/microdns.toml` |
| `--set KEY=VALUE` | override a key of it |
| `--json` | print JSON, for scripts |
| `--help` | show help |

Exit codes:

| code | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | wrong command line or configuration |
| 3 | not found |
| 4 | conflict: it exists, or has changed meanwhile |
| 5 | invalid input |
| 6 | denied |
| 7 | no process is running, or it can't do this now |
| 8 | too large |
| 130 | interrupted |

The rest of this page is what `--help` says, for the kernel and all first-party plugins.
"""

COMMON_OPTIONS = {"--config", "--set", "--json", "--help"}


def commands_page() -> str:
    from microdns.cli.main import cli

    context = click.Context(cli, info_name="microdns", max_content_width=90, terminal_width=90)
    return COMMANDS + "".join(command_sections(cli, context))


def command_sections(group: click.Group, context: click.Context) -> Iterator[str]:
    """A section for each command of a group, those of inner groups after it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(
            command, parent=context, info_name=name, max_content_width=90, terminal_width=90
        )
        yield f"\n## `{inner.command_path}`\n\n```text\n{own_help(command, inner)}\n```\n"
        if isinstance(command, click.Group):
            yield from command_sections(command, inner)


def own_help(command: click.Command, context: click.Context) -> str:
    """A command's help without the options that all commands have."""
    kept = command.params
    command.params = [param for param in kept if not COMMON_OPTIONS & set(param.opts)]
    command.add_help_option = False
    try:
        return command.get_help(context).rstrip()
    finally:
        command.params = kept


HOOKS = """\
# Hooks

A plugin implements the hooks that it needs, with `@hookimpl` from `microdns.plugin`. The kernel
calls them at start, at stop and when asked, never for each packet. `microdns.testing.check_plugin`
checks an implementation against all of this.
"""


def hooks_page() -> str:
    """Every hook specification, from its signature and docstring."""
    parts = [HOOKS]
    for module_name in ("microdns.hooks", *foundation_hooks()):
        module = importlib.import_module(module_name)
        parts.append(f"\n## `{module_name}`\n\n{paragraphs(module.__doc__ or '')}\n")
        for name, function in vars(module).items():
            if name.startswith("microdns_") and inspect.isfunction(function):
                parts.append(f"\n### `{name}`\n\n```python\n{signature(function)}\n```\n\n")
                parts.append(paragraphs(function.__doc__ or "") + "\n")
    return "".join(parts)


def foundation_hooks() -> list[str]:
    """Modules of hooks that foundations bring."""
    return [
        f"microdns_{folder.name}.hooks"
        for folder in plugin_folders()
        if (folder / "src" / f"microdns_{folder.name}" / "hooks.py").exists()
    ]


def signature(function: Callable[..., object]) -> str:
    """The definition's first line, as it stands in the source."""
    tree = ast.parse(inspect.getsource(function))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.decorator_list = []
            node.body = [ast.Expr(ast.Constant(...))]
    return ast.unparse(tree).replace("\n    ", " ")


def paragraphs(docstring: str) -> str:
    """A docstring as Markdown: its double backquotes become single ones."""
    return inspect.cleandoc(docstring).replace("``", "`")


METRICS = """\
# Metrics

The plugin [metrics](plugins/metrics.md) shows these to Prometheus. A label that could have any
number of values (zones, clients) holds at most 2,000; what comes after is counted together under
`other`.

Questions that they answer:

- *Does it answer, how much, and what?* The counters of queries, by type, rcode and transport.
- *How fast?* The latency histogram.
- *Is every part up?* `microdns_plugin_state{state="running"} == 1` for each plugin;
  `microdns_plugin_restarts_total` does not grow.
- *Is what was acknowledged safe?* The state of the store, and the time that flushes take.
- *Does somebody lag behind?* Lapses of bus subscriptions, and the ages of cursors.
"""


GRPC = """\
# gRPC services

What `proto/microdns.proto` defines, package `microdns.v1`, and the operation behind each method.
The plugin's [manual](plugins/grpc.md) tells about keys, errors and limits. A scope is what a key
must have; where there is none, no key is needed. `OperationService` calls any operation by its
name, those of other people's plugins too.
"""


def grpc_page() -> str:
    """Every method with its operation, and the file itself."""
    from microdns.cli.declared import declared_operations
    from microdns_grpc.methods import methods

    served = {operation.grpc: operation for operation in declared_operations() if operation.grpc}
    parts = [GRPC]
    service = ""
    for name, method in sorted(methods().items()):
        if name.partition("/")[0] != service:
            service = name.partition("/")[0]
            head = "| method | operation | scope | what it does |\n|---|---|---|---|\n"
            parts.append(f"\n## {service}\n\n{head}")
        kind = ", a stream" if method.streams else ""
        row = f"| `{name.partition('/')[2]}`{kind} |"
        if (operation := served.get(name)) is not None:
            scope = f"`{operation.scope}`" if operation.scope else ""
            row += f" `{operation.name}` | {scope} | {operation.summary}"
        else:
            row += " | | " + (
                "any operation" if service == "OperationService" else "not served yet"
            )
        parts.append(f"{row} |\n")
    proto = (CHECKOUT / "proto" / "microdns.proto").read_text()
    return "".join([*parts, f"\n## The file\n\n```proto\n{proto}```\n"])


def metrics_page() -> str:
    """Every metric that the sources declare."""
    parts = [METRICS]
    owners = [("the kernel", CHECKOUT / "core" / "src")]
    owners += [(f"`{folder.name}`", folder / "src") for folder in plugin_folders()]
    for owner, source in owners:
        rows = sorted(set(declared_metrics(source)))
        if rows:
            parts.append(
                f"\n## Of {owner}\n\n| name | kind | labels | meaning |\n|---|---|---|---|\n"
            )
            parts += [
                f"| `{name}` | {kind} | {labels} | {text} |\n" for name, kind, labels, text in rows
            ]
    return "".join(parts)


def declared_metrics(source: Path) -> Iterator[tuple[str, str, str, str]]:
    """Name, kind, labels and help of every ``self.counter("microdns_…", …)`` below a folder."""
    for file in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and (found := declared_metric(node)):
                yield found


def declared_metric(call: ast.Call) -> tuple[str, str, str, str] | None:
    """One declaration, if the call is one."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in KINDS:
        return None
    given = [literal(argument) for argument in call.args]
    given += [literal(keyword.value) for keyword in call.keywords if keyword.arg == "labels"]
    if len(given) < 2 or not str(given[0]).startswith("microdns_"):
        return None
    labels = given[2] if len(given) > 2 and isinstance(given[2], list | tuple) else []
    shown = ", ".join(f"`{label}`" for label in labels)
    return str(given[0]), function.attr, shown, str(given[1])


KINDS = ("counter", "gauge", "histogram")


def literal(node: ast.expr) -> object:
    """The value of an expression that is written out; None for any other."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def plugins_page() -> str:
    rows = ["# Plugins\n\n| plugin | distribution | what it does |\n|---|---|---|\n"]
    for folder in plugin_folders():
        text = (folder / "README.md").read_text()
        name = re.search(r"^## Name\n\n(.+?)\n\n", text, re.MULTILINE | re.DOTALL)
        summary = " ".join(name[1].split()) if name else ""
        page = f"[{folder.name}](plugins/{folder.name}.md)"
        rows.append(f"| {page} | `microdns-{folder.name}` | {summary} |\n")
    return "".join(rows)


def decisions_page() -> str:
    """The list of decisions, by their titles."""
    rows = ["# Decisions\n\nWhy it is as it is: one page for each choice that was not obvious.\n\n"]
    for file in decision_files():
        title = file.read_text().partition("\n")[0].lstrip("# ")
        rows.append(f"- [{title}](decisions/{file.name})\n")
    return "".join(rows)


def log_events_page() -> str:
    """Every log event, from where it is declared."""
    from microdns.logs.docs import events_page

    for package in ("microdns", *(f"microdns_{folder.name}" for folder in plugin_folders())):
        for module in pkgutil.walk_packages(
            importlib.import_module(package).__path__, f"{package}."
        ):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return events_page()


def copied(name: str) -> Callable[[], str]:
    return lambda: rewritten((CHECKOUT / name).read_text(), "")


def rewritten(text: str, up: str) -> str:
    """A page from outside docs/, its links to pages in there made to fit; ``up`` leads to them."""
    text = re.sub(r"\]\((?:\.\./)*docs/", f"]({up}", text)
    for source, page in (("ARCHITECTURE.md", "architecture.md"), ("CHANGELOG.md", "changelog.md")):
        text = re.sub(rf"\]\((?:\.\./)*{source}", f"]({up}{page}", text)
    return re.sub(
        r"\]\((?:\.\./)*(?:plugins/)?([a-z0-9]+)/README\.md", rf"]({up}plugins/\1.md", text
    )


PAGES: dict[str, Callable[[], str]] = {
    "configuration.md": configuration_page,
    "commands.md": commands_page,
    "hooks.md": hooks_page,
    "metrics.md": metrics_page,
    "grpc.md": grpc_page,
    "plugins.md": plugins_page,
    "decisions.md": decisions_page,
    "log-events.md": log_events_page,
    "architecture.md": copied("ARCHITECTURE.md"),
    "changelog.md": copied("CHANGELOG.md"),
}
