if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.LongListTest do
    # Not async: how UUIDs are stored is the application's.
    use Ecto.Adapters.LibSql.RepoCase, async: false

    alias Ecto.Adapters.LibSql.LongList

    defschema(Child, "children", name: :string, parent_id: :integer)

    defschema(Thing, "things",
      name: :string,
      uuid: Ecto.UUID,
      bytes: :binary,
      ratio: :float,
      price: :decimal,
      at: :utc_datetime,
      flag: :boolean
    ) do
      has_many(:children, Child, foreign_key: :parent_id)
    end

    # Of which few are there.
    @count 40_000
    @ids Enum.to_list(1..@count)

    setup do
      execute([
        "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, uuid, bytes BLOB, ratio REAL, price DECIMAL_TEXT, at TEXT, flag BOOLEAN)",
        "CREATE TABLE children (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER)",
        """
        INSERT INTO things (id, name) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= #{@count + 1000})
          SELECT i, 'n' || i FROM n WHERE i <= 20 OR i % 1000 = 0
        """,
        "INSERT INTO children (name, parent_id) SELECT 'c' || id, id FROM things WHERE id % 1000 = 0"
      ])
    end

    defp count(query), do: Repo.aggregate(query, :count)

    test "a long list may stand between other parameters" do
      assert count(from(t in Thing, where: t.id in ^@ids)) == 60
      assert count(from(t in Thing, where: t.id not in ^@ids)) == 1
      names = Enum.map(@ids, &"n#{&1}")

      query =
        from(t in Thing,
          where: t.id > ^10 and t.name in ^names and t.id < ^21 and t.id in ^@ids,
          where: t.id in ^[11, 12, 13, @count + 1] and t.name != ^"n13",
          order_by: fragment("? || ' \\?9' /* \\?9 */", t.id),
          select: {t.id, type(^"x", :string)}
        )

      assert Repo.all(query) == [{11, "x"}, {12, "x"}]
    end

    test "every stored value is found in a long list" do
      naught = Ecto.UUID.bingenerate()

      values = %{
        name: ["it's", "a\"b\\c", "nul\0", "é\u2028", "?1", "", "[1]"],
        bytes: [<<0, 255>>, "", "text", naught],
        ratio: [0.1, -1.5e-300, 1.0e22, 3.0, 5.0e-324, 1.7976931348623157e308],
        price: [Decimal.new("10.10"), Decimal.new("3")],
        at: [~U[2024-02-29 01:02:03Z], ~U[2000-01-01 00:00:00Z]],
        flag: [true, false],
        id: [9_223_372_036_854_775_807, -9_223_372_036_854_775_808, 9_007_199_254_740_993]
      }

      for {field, values} <- values do
        execute("DELETE FROM things")
        Repo.insert_all(Thing, Enum.map(values, &%{field => &1}))
        long = List.flatten(List.duplicate(values, 20_000))
        query = from(t in Thing, select: field(t, ^field), order_by: :id)
        assert Repo.all(where(query, [t], field(t, ^field) in ^long)) == Repo.all(query)

        for {value, n} <- Enum.with_index(values) do
          long = List.duplicate(Enum.at(values, n - 1), 40_000)
          expected = if Enum.at(values, n - 1) == value, do: [], else: [value]

          assert Repo.all(
                   from(t in query,
                     where: field(t, ^field) == ^value and field(t, ^field) not in ^long
                   )
                 ) == expected
        end
      end
    end

    test "UUIDs are found in a long list as texts and as bytes" do
      for type <- [:string, :binary] do
        configure(uuid_type: type)
        execute("DELETE FROM things")
        uuids = for _ <- 1..@count, do: Ecto.UUID.generate()
        stored = Enum.take(uuids, 3)
        Repo.insert_all(Thing, Enum.map([Ecto.UUID.generate() | stored], &%{uuid: &1}))
        query = from(t in Thing, where: t.uuid in ^uuids, select: t.uuid)
        assert Enum.sort(Repo.all(query)) == Enum.sort(stored)
      end
    end

    test "long lists work in joins, subqueries, CTEs and combinations, and of any field" do
      things = from(t in Thing, where: t.id in ^@ids and t.name != ^"n2000")

      joined =
        from(c in Child,
          where: c.name != ^"c3000",
          join: t in subquery(things),
          on: t.id == c.parent_id and t.id in ^[1000 | @ids] and t.id <= ^5000,
          order_by: t.id,
          select: {t.id, ^"x"}
        )

      assert Repo.all(joined) == [{1000, "x"}, {4000, "x"}, {5000, "x"}]

      few =
        from(c in Child,
          where: c.parent_id in ^@ids,
          where: c.name in ^["c7000"],
          select: c.parent_id
        )

      assert count(from(t in Thing, where: t.id in subquery(few) and t.name == ^"n7000")) == 1

      query =
        "old"
        |> with_cte("old",
          as: ^from(t in Thing, where: t.id in ^@ids and t.id > ^38_999, select: %{id: t.id})
        )
        |> where([o], o.id != ^39_000)
        |> select([o], o.id)
        |> union_all(^from(t in "things", where: t.id in ^@ids and t.id < ^2, select: t.id))

      assert Enum.sort(Repo.all(query)) == [1, 40_000]
    end

    test "long lists work in update_all, delete_all and insert_all" do
      updated = from(t in Thing, where: t.id in ^@ids and t.id < ^3, select: t.id)
      assert {2, [1, 2]} = Repo.update_all(updated, set: [name: "new"])

      joined =
        from(t in Thing,
          join: c in Child,
          on: c.parent_id == t.id,
          where: t.id in ^@ids and c.name == ^"c1000"
        )

      assert {1, _} = Repo.delete_all(joined)

      assert {59, _} = Repo.delete_all(from(t in Thing, where: t.id in ^@ids and t.name != ^"x"))

      rows =
        from(c in Child,
          where: c.parent_id in ^@ids and c.id > ^38,
          select: %{name: c.name, flag: ^true}
        )

      assert {2, _} = Repo.insert_all(Thing, rows)
      assert count(from(t in Thing, where: t.flag)) == 2
    end

    test "long lists work in streams and preloads" do
      {:ok, ids} =
        Repo.transaction(fn ->
          Repo.stream(from(t in Thing, where: t.id in ^@ids and t.id > ^38_999, select: t.id))
          |> Enum.to_list()
        end)

      assert ids == [39_000, 40_000]
      things = Repo.preload(for(id <- @ids, do: %Thing{id: id}), :children)

      assert for(%{children: [child]} <- things, do: child.parent_id) ==
               Enum.to_list(1000..@count//1000)
    end

    test "the SQL of a query runs with its parameters" do
      query = from(t in Thing, where: t.id in ^@ids and t.name == ^"n7", select: t.id)
      {sql, params} = Ecto.Adapters.SQL.to_sql(:all, Repo.get_dynamic_repo(), query)
      assert length(params) == @count + 1
      assert rows(sql, params) == [[7]]
    end

    test "an array for a list is refused" do
      assert_raise ArgumentError, ~r/write `x in \^list`/, fn ->
        Repo.all(from(t in Thing, where: t.id in type(^@ids, {:array, :integer})))
      end
    end

    test "bytes and infinities are found, and what is not a value is refused" do
      execute([
        "DELETE FROM things",
        "INSERT INTO things (id, name, ratio) VALUES (1, x'ff41', 9e999), (2, CAST(x'ff41' AS TEXT), -9e999), (3, 'ÿ', 1)"
      ])

      many = &[&1 | List.duplicate("none", 2000)]

      for list <- [&[&1], many] do
        found = &Repo.all(from(t in "things", where: field(t, ^&1) in ^list.(&2), select: t.id))
        assert found.(:name, <<255, ?A>>) == [1]
        assert found.(:name, "ÿ") == [3]
        assert found.(:ratio, :infinity) == [1]
        assert found.(:ratio, :neg_infinity) == [2]
        assert Repo.all(from(t in Thing, where: t.name in ^list.(<<255, ?A>>), select: t.id)) == [1]
      end

      for wrong <- [2 ** 63, -(2 ** 64), {1, 2}, self(), <<1::3>>] do
        assert_raise ArgumentError, ~r/element.* of an `in \^list`/, fn ->
          Repo.all(from(t in "things", where: t.name in ^many.(wrong), select: t.id))
        end
      end
    end

    test "text that looks like the adapter's notes in a fragment, a text or a name is harmless" do
      execute("DELETE FROM things WHERE id > 2")
      few = from(t in Thing, where: t.id == ^1)
      long = from(t in Thing, where: t.id in ^@ids and t.id < ^2 and t.name == ^"n1")

      for query <- [few, long] do
        assert [{1, 1, "/* in ^list 0 1 0 */", "/* in ^list: x */"}] =
                 Repo.all(
                   from(t in query,
                     where: t.name != "/* in ^list 0 1 0 */" and t.name != "/* in ^list: 0 1 */",
                     where: fragment("? /* in ^list: 0 1 */ = 1 -- /* in ^list 0 1 0 */\n", t.id),
                     select:
                       {fragment("1 /* in ^list 0 1 0 */"), fragment("1 /* in ^list: x */"),
                        fragment("'/* in ^list 0 1 0 */'"), fragment("'/* in ^list: x */'")}
                   )
                 )

        assert [%{"/* in ^list 0 1 0 */": 1}] =
                 Repo.all(from(t in query, select: %{"/* in ^list 0 1 0 */": t.id}))

        assert Repo.all(
                 from(t in query, select: t.id, order_by: fragment("1 /* ecto_libsql: 0 decimal */"))
               ) == [1]
      end

      rows = [%{id: 1, price: Decimal.new(1)}]
      Repo.insert_all(Thing, rows, on_conflict: {:replace, [:price]}, conflict_target: :id)

      marked =
        from(t in Thing,
          join: c in fragment("(SELECT ' SET /* written: */ ' /* written: */ AS x)"),
          on: true
        )

      assert {2, nil} = Repo.update_all(marked, set: [price: Decimal.new("12345678901234567890.5")])
      assert rows("/* in ^list: x */ SELECT 1") == [[1]]
    end

    test "SQL whose list is not among the parameters is an error" do
      {sql, params} =
        Ecto.Adapters.SQL.to_sql(
          :all,
          Repo.get_dynamic_repo(),
          from(t in Thing, where: t.id in ^@ids)
        )

      assert_raise ArgumentError, ~r/pass all parameters that `to_sql\/3` has returned/, fn ->
        rows(sql, Enum.take(params, 2000))
      end
    end

    test "numbers in quotes and comments stay" do
      sql =
        ~S|SELECT '?9', "?9", [?9], `?9` /* ?9 */, ?, ?2, ?1004 IN (SELECT v FROM | <>
          IO.iodata_to_binary(LongList.rows(2, 1001)) <> ") -- ?9\n, ?1005"

      assert LongList.numbered(sql) ==
               sql |> String.replace("?1004", "?4") |> String.replace("?1005", "?5")
    end
  end
end
