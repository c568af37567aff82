defmodule EctoLibSql.GuidesTest do
  @moduledoc """
  The blocks of Elixir of README.md and of each guide run, one after the other, in an empty folder: each
  with the variables, imports and modules of those before it.

  The first line of a block may say which file of a project it is:

    * `# mix.exs` - it is only read
    * `# config/...` - what it configures is configured
    * `# lib/my_app/repo.ex` - the repository is started
    * `# priv/repo/migrations/...` - the repository is migrated
    * `# test/..._test.exs` - its tests are run
  """

  # The folder and the configuration are those of all.
  use ExUnit.Case
  @moduletag :capture_log

  alias EctoLibSql.Test.{Machine, Modes}

  @folder Path.expand("..", __DIR__)

  @pages [Path.join(@folder, "README.md") | Path.wildcard("#{@folder}/guides/*.md")]

  # Otherwise the second page that is followed is "already up", or overwrites a file of the first.
  test "no two pages share a migration, a table or a module" do
    names =
      for page <- @pages,
          name <- page |> blocks() |> Enum.flat_map(&names/1) |> Enum.uniq(),
          do: {name, Path.basename(page)}

    assert Enum.any?(names, &match?({{:version, _}, "usage.md"}, &1))

    shared =
      names |> Enum.group_by(&elem(&1, 0), &elem(&1, 1)) |> Enum.reject(&match?({_, [_]}, &1))

    assert shared == []
  end

  # The repository is that of all pages.
  defp names(block) do
    for {kind, pattern} <- [
          version: ~r"^# priv/repo/migrations/(\d+)_",
          migration: ~r"^# priv/repo/migrations/\d+_(\w+)\.exs",
          table: ~r"\bcreate table\(:(\w+)",
          module: ~r"^defmodule (?!MyApp\.Repo\b(?!\.))(\S+) do$"m
        ],
        [name] <- Regex.scan(pattern, block, capture: :all_but_first),
        do: {kind, name}
  end

  defp blocks(page) do
    ~r/^```elixir\n(.*?)^```$/ms
    |> Regex.scan(File.read!(page), capture: :all_but_first)
    |> List.flatten()
  end

  for page <- @pages,
      text = File.read!(page),
      Code.ensure_loaded?(Ecto.Adapters.SQL) or not (text =~ "Ecto."),
      Modes.url() || not (text =~ "TURSO_") do
    test Path.relative_to(page, @folder) do
      System.put_env(%{"TURSO_URL" => Modes.url() || "", "TURSO_TOKEN" => "none", "DB_KEY" => "k"})
      File.cd!(Machine.folder!(), fn -> run_page(unquote(page)) end)
    end
  end

  defp run_page(page) do
    on_exit(fn ->
      for {module, _} <- :code.all_loaded(), "#{module}" =~ ~r/^Elixir\.MyApp\b/ do
        :code.delete(module)
        :code.purge(module)
      end

      for app <- [:ecto_libsql, :my_app], {key, _} <- Application.get_all_env(app) do
        Application.delete_env(app, key)
      end
    end)

    ~r/^```elixir\n(.*?)^```$/ms
    |> Regex.scan(File.read!(page), return: :index, capture: :all_but_first)
    |> Enum.reduce({[], Code.env_for_eval(file: page)}, fn [{start, size}], {binding, env} ->
      before = binary_part(File.read!(page), 0, start)
      code = binary_part(File.read!(page), start, size)
      at = [file: page, line: length(String.split(before, "\n"))]
      path = with [_, path] <- Regex.run(~r/\A# (\S+\.exs?)\n/, code), do: path
      run_block(path, code, at, {binding, env})
    end)
  end

  defp run_block("mix.exs", code, at, context) do
    Code.string_to_quoted!(code, at)
    context
  end

  defp run_block("config/" <> _ = path, code, _at, context) do
    File.mkdir_p!("config")
    File.write!(path, code)
    path |> Config.Reader.read!(env: :prod) |> Application.put_all_env()
    context
  end

  defp run_block(path, code, at, {binding, env}) do
    # Tests are run here, not by ExUnit itself, which runs.
    code = String.replace(code, "async: true", "async: true, register: false")
    quoted = Code.string_to_quoted!(code, at)
    {value, binding, env} = Code.eval_quoted_with_env(quoted, binding, env)
    made(path, value)
    {binding, env}
  end

  defp made("lib/my_app/repo.ex", _), do: start_supervised!(MyApp.Repo, id: :of_the_application)

  defp made("priv/repo/migrations/" <> name, {:module, migration, _, _}) do
    {version, _} = Integer.parse(name)
    # The pages that have migrations do not run without Ecto.
    apply(Ecto.Migrator, :up, [MyApp.Repo, version, migration, [log: false]])
  end

  defp made("test/" <> name, {:module, module, _, _}) do
    if String.ends_with?(name, "_test.exs") do
      for test <- module.__ex_unit__().tests do
        context = module.__ex_unit__(:setup, module.__ex_unit__(:setup_all, test.tags))
        apply(module, test.name, [context])
        # As ExUnit does between tests.
        stop_supervised(MyApp.Repo)
        apply(MyApp.Repo, :put_dynamic_repo, [MyApp.Repo])
      end
    end
  end

  defp made(_, _), do: :ok
end
