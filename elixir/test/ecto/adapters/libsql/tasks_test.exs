if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.TasksTest do
    # The tasks ask for the repository's options in the environment of the application.
    use Ecto.Adapters.LibSql.RepoCase

    @moduletag repo: false
    @script """
    CREATE TABLE "a" (id INTEGER PRIMARY KEY, x TEXT CHECK (x <> ';'));
    CREATE INDEX "i" ON "a" (x);
    CREATE TRIGGER "t" AFTER INSERT ON "a" BEGIN UPDATE a SET x = 'y;'; END;
    INSERT INTO "schema_migrations" VALUES (1, '2026-11-23');
    """

    defp task(name, file, more) do
      arguments = ["-r", inspect(Repo), "-d", file, "--no-compile", "--no-deps-check"]
      Mix.Task.rerun(name, arguments ++ more)
    end

    setup %{database: database} do
      Application.put_env(:ecto_libsql, Repo, database: database)
      on_exit(fn -> Application.delete_env(:ecto_libsql, Repo) end)
      create = "CREATE TABLE schema_migrations (version INTEGER, inserted_at TEXT);\n"
      file = database <> ".sql"
      File.write!(file, create <> @script)
      %{dump: file}
    end

    test "mix ecto.load and ecto.dump need no command-line tool", %{dump: file} do
      for options <- [["--quiet", "--force"], ["--quiet", "--skip-if-loaded"]],
          do: task("ecto.load", file, options)

      task("ecto.dump", file <> ".copy", ["--quiet"])

      dumped = File.read!(file <> ".copy")
      for definition <- ["a", "i", "t"], do: assert(dumped =~ ~s("#{definition}"))
      assert dumped =~ "VALUES (1, '2026-11-23')"

      File.rm!(Repo.config()[:database])
      task("ecto.load", file <> ".copy", ["--quiet", "--force"])
      task("ecto.dump", file <> ".again", ["--quiet"])
      assert File.read!(file <> ".again") == dumped
    end

    test "a repo that cannot be dumped or loaded is named", %{dump: file} do
      assert_raise Mix.Error, ~r/prefix/, fn ->
        task("ecto.dump", file, ["--quiet", "--prefix", "x"])
      end

      assert_raise Mix.Error, ~r/no such file/, fn ->
        task("ecto.load", file <> ".nope", ["--quiet", "--force"])
      end
    end
  end
end
