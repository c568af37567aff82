if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.WrittenListsTest do
    # Lists that are written without a schema: JSON where the column is one for it, an error otherwise.
    use Ecto.Adapters.LibSql.RepoCase, async: true

    @kept ["TEXT", "VARCHAR(9)", "BLOB", "JSON", "JSONB", "TEXT_ARRAY", "ARRAY"]
    @refused ~w(INTEGER REAL NUMERIC DECIMAL DATETIME BOOLEAN)

    defp declared(type) do
      execute(["DROP TABLE IF EXISTS t", "CREATE TABLE t (id INTEGER PRIMARY KEY, x #{type})"])
      Repo.insert_all("t", [[id: 1]])
    end

    # Each way to write a list without a schema.
    defp writes(list) do
      [
        fn -> Repo.insert_all("t", [[id: 2, x: list]]) end,
        fn -> Repo.insert_all("t", [[id: 2, x: "[]"], [id: 3, x: list]]) end,
        fn -> Repo.insert_all("t", [[id: 2, x: {:placeholder, :l}]], placeholders: %{l: list}) end,
        fn -> Repo.insert_all("t", from(t in "t", select: %{id: t.id + 1, x: ^list})) end,
        fn -> Repo.insert_all("t", [[id: 2, x: from(t in "t", select: %{x: ^list})]]) end,
        fn ->
          Repo.insert_all("t", [[id: 1, x: nil]],
            on_conflict: [set: [x: list]],
            conflict_target: [:id]
          )
        end,
        fn -> Repo.update_all("t", set: [x: list]) end,
        fn -> Repo.update_all(from(t in "t", update: [set: [x: ^list]]), []) end
      ]
    end

    test "a list is written as JSON to a column of texts or blobs" do
      for type <- ["" | @kept],
          list <- [[1, 2], [], ["a", nil], [%{"a" => 1}]],
          write <- writes(list) do
        declared(type)
        write.()
        json = EctoLibSql.JSON.encode!(list)

        assert {type,
                rows("SELECT x FROM t WHERE x IS NOT '[]' OR ?1 = '[]' ORDER BY id DESC LIMIT 1", [
                  json
                ])} ==
                 {type, [[json]]}
      end
    end

    test "a list is refused by a column of another type" do
      for type <- @refused, {write, n} <- Enum.with_index(writes([1, 2])) do
        declared(type)
        error = assert_raise ArgumentError, write
        assert {n, error.message =~ "the column x of t is declared as #{type}"} == {n, true}
        assert rows("SELECT * FROM t") == [[1, nil]]
      end

      declared("INTEGER")
      assert_raise ArgumentError, fn -> Repo.update_all("t", inc: [x: [1]]) end
      assert {:error, %{kind: :invalid_argument}} = Repo.query("UPDATE t SET x = ?", [[1, 2]])
    end

    test "a list that is only computed with is allowed everywhere" do
      declared("INTEGER")
      count = from(t in "t", update: [set: [x: fragment("json_array_length(?)", ^[1, 2, 3])]])
      assert {1, nil} = Repo.update_all(count, [])
      assert Repo.all(from(t in "t", where: t.x in ^[1, 3], select: t.x)) == [3]
      assert Repo.one(from(t in "t", select: fragment("?", ^[1, 2]))) == "[1,2]"

      declared("TEXT")
      Repo.update_all("t", set: [x: [1, 2]])
      assert [1] = Repo.all(from(t in "t", where: t.x == ^[1, 2], select: t.id))
    end
  end
end
