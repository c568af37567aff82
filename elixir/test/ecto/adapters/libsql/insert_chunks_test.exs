if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.InsertChunksTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    alias Ecto.Adapters.LibSql.InsertChunks

    @raise {:raise, [], []}

    setup do
      execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b DEFAULT 'b', c DEFAULT 'c', n DEFAULT 0)"
      )
    end

    defp all, do: rows("SELECT a, b, c, n FROM t ORDER BY id")

    test "rows that lack the same columns are one chunk" do
      assert InsertChunks.split([:a, :b], [[a: 1], [a: 2], [a: 3, b: 4], [a: 5]], @raise, []) == [
               {[:a], [[a: 1], [a: 2]], @raise},
               {[:a, :b], [[a: 3, b: 4]], @raise},
               {[:a], [[a: 5]], @raise}
             ]
    end

    test "no rows and rows without fields stay as they are" do
      assert InsertChunks.split([], [[], []], @raise, []) == [{[], [[], []], @raise}]
      assert Repo.insert_all("t", []) == {0, nil}
      assert Repo.insert_all("t", [[], []]) == {2, nil}
      assert all() == [[nil, "b", "c", 0], [nil, "b", "c", 0]]
    end

    test "no chunk has more than 32766 parameters, those of placeholders and conflicts included" do
      row = for n <- 1..10, do: {:"c#{n}", n}
      header = Keyword.keys(row)

      sizes = fn conflict, placeholders ->
        chunks = InsertChunks.split(header, List.duplicate(row, 10_000), conflict, placeholders)
        Enum.map(chunks, fn {^header, rows, ^conflict} -> length(rows) end)
      end

      assert sizes.(@raise, []) == [3276, 3276, 3276, 172]
      assert sizes.({:nothing, [1, 2, 3], []}, [1, 2, 3, 4]) == [3275, 3275, 3275, 175]
    end

    test "10,000 rows of 4 columns are inserted" do
      data = for n <- 1..10_000, do: %{a: n, b: "b#{n}", c: n * 2, n: -n}
      assert {10_000, returned} = Repo.insert_all("t", data, returning: [:a])
      assert Enum.map(returned, & &1.a) == Enum.to_list(1..10_000)

      assert rows("SELECT count(*), sum(a), sum(c), sum(n), min(b) FROM t") ==
               [[10_000, 50_005_000, 100_010_000, -50_005_000, "b1"]]
    end

    test "all rows are inserted or none, beyond the limit too" do
      data = for n <- 1..10_000, do: %{a: rem(n, 9_999), b: 1, c: 2, n: 3}
      assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn -> Repo.insert_all("t", data) end
      assert all() == []
    end

    test "cells that are queries are inserted in rows of different columns" do
      assert Repo.insert_all("t", [%{a: 1, n: 10}, %{a: 2, n: 20}]) == {2, nil}
      one = from(t in "t", where: t.a == ^1, select: t.n + ^100)
      two = from(t in "t", where: t.a == ^2 and t.n == ^20, select: t.n)

      assert {4, nil} =
               Repo.insert_all("t", [
                 %{a: 3, n: one},
                 %{a: 4, b: two, n: one},
                 %{a: 5, b: "x"},
                 %{a: 6, c: two, n: 7}
               ])

      assert Enum.drop(all(), 2) == [
               [3, "b", "c", 110],
               [4, 20, "c", 110],
               [5, "x", "c", 0],
               [6, "b", 20, 7]
             ]
    end

    test "placeholders and an ON CONFLICT with parameters work in rows of different columns" do
      assert Repo.insert_all("t", [%{a: 1, n: 1}, %{a: 2, n: 2}]) == {2, nil}
      update = from(t in "t", where: t.n < ^2, update: [set: [b: ^"new"], inc: [n: ^5]])
      same = %{a: 3, n: {:placeholder, :n}}

      # The second conflict's condition does not hold: nothing is done, and counted.
      assert {2, nil} =
               Repo.insert_all("t", [%{a: 1, b: {:placeholder, :b}}, same, %{a: 2, c: "z"}],
                 placeholders: %{b: "p", n: 9},
                 on_conflict: update,
                 conflict_target: [:a]
               )

      assert all() == [[1, "new", "c", 6], [2, "b", "c", 2], [3, "b", "c", 9]]
    end

    test "an insert_all that fails leaves the transaction around it as it was" do
      assert {:ok, :went_on} =
               Repo.transaction(fn ->
                 Repo.insert_all("t", [%{a: 1}])

                 assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn ->
                   Repo.insert_all("t", [%{a: 2, b: "x"}, %{a: 1}])
                 end

                 Repo.insert_all("t", [%{a: 3, b: "x"}, %{a: 4}])
                 :went_on
               end)

      assert Enum.map(all(), &hd/1) == [1, 3, 4]
    end

    test "what is returned comes in the rows' order" do
      assert {3, [%{a: 1}, %{a: 2}, %{a: 3}]} =
               Repo.insert_all("t", [%{a: 1}, %{a: 2, b: 1}, %{a: 3}], returning: [:a])
    end
  end
end
