if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.DropTableTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    alias Ecto.Migration.Table

    @moduletag repo: [pool_size: 1]

    defp drop(table, command \\ :drop), do: ddl({command, %Table{name: table}, :restrict})

    defp refused(work) do
      error = assert_raise EctoLibSql.Error, work
      assert error.kind == :constraint
      error.message
    end

    defp parents_and_children(action) do
      execute([
        "CREATE TABLE parents (id INTEGER PRIMARY KEY, up REFERENCES Parents (id) ON DELETE CASCADE)",
        "CREATE TABLE children (x DEFAULT 2, parent REFERENCES Parents (id) ON DELETE #{action})",
        "INSERT INTO parents VALUES (1, NULL), (2, 1)",
        "INSERT INTO children (parent) VALUES (1), (NULL)"
      ])
    end

    for where <- [:inside, :outside] do
      describe "#{where} of a transaction" do
        for {action, consequence} <- [
              {"CASCADE", "delete"},
              {"SET NULL", "change"},
              {"SET DEFAULT", "change"}
            ] do
          test "a table is not dropped while ON DELETE #{action} would act on rows of another" do
            parents_and_children(unquote(action))

            message = refused(fn -> perform!(unquote(where), fn -> drop("PARENTS") end) end)

            assert message =~ "would #{unquote(consequence)} the rows of children"
            assert message =~ "ON DELETE #{unquote(action)}"
            assert rows("SELECT count(*), count(parent) FROM children") == [[2, 1]]
            assert rows("SELECT count(*) FROM parents") == [[2]]

            execute(["UPDATE children SET parent = NULL"])
            perform!(unquote(where), fn -> drop("parents") end)
            assert rows("SELECT count(*) FROM children") == [[2]]
          end
        end

        test "a table is dropped after the one that refers to it" do
          parents_and_children("CASCADE")

          perform!(unquote(where), fn ->
            drop("children")
            drop("parents")
          end)

          assert rows("SELECT name FROM sqlite_schema WHERE name IN ('parents', 'children')") == []
        end

        test "a table with rows that refer to it is refused by the engine" do
          parents_and_children("RESTRICT")
          refused(fn -> perform!(unquote(where), fn -> drop("parents") end) end)
          assert rows("SELECT count(*) FROM parents") == [[2]]
        end

        test "a missing table is an error, but not with drop_if_exists" do
          execute([
            "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
            "CREATE TABLE children (parent REFERENCES parents (id) ON DELETE CASCADE)",
            "INSERT INTO parents VALUES (1)",
            "PRAGMA foreign_keys = OFF",
            "INSERT INTO children VALUES (1)",
            "DROP TABLE parents",
            "PRAGMA foreign_keys = ON"
          ])

          perform!(unquote(where), fn -> drop("parents", :drop_if_exists) end)

          error =
            assert_raise EctoLibSql.Error, fn ->
              perform!(unquote(where), fn -> drop("parents") end)
            end

          assert error.message =~ "no such table: parents"
        end
      end
    end

    @tag :local_file
    test "a table is dropped without any action while foreign keys are off" do
      parents_and_children("CASCADE")
      execute(["PRAGMA foreign_keys = OFF"])
      drop("parents")
      assert rows("SELECT count(*), count(parent) FROM children") == [[2, 1]]
    end
  end
end
