if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.HostileTest do
    use Ecto.Adapters.LibSql.RepoCase
    @moduledoc "What was found by trying to break the adapter."

    defschema(Item, "items", price: :decimal, exact: :decimal, name: :string)

    defp d(text), do: Decimal.new(text)
    @wide "1.12345678901234567890"

    setup do
      execute(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, price DECIMAL, exact DECIMAL_TEXT, name TEXT)"
      )
    end

    @tag repo: [pool_size: 1]
    test "a wrong name of an argument is an error, and the connection lives" do
      assert {:ok, :in_time} =
               Repo.transaction(fn ->
                 Repo.query!("INSERT INTO items (id) VALUES (1)")

                 for {sql, args} <- [
                       {"SELECT :a", %{b: 1}},
                       {"SELECT ?", %{a: 1}},
                       {"SELECT :a", %{1 => 2}}
                     ] do
                   assert {:error, %EctoLibSql.Error{kind: :invalid_argument, outcome: :not_run}} =
                            Repo.query(sql, args)
                 end

                 :in_time
               end)

      assert rows("SELECT id FROM items") == [[1]]
      assert {:ok, %{rows: [[1]]}} = Repo.query("SELECT :a", %{a: 1, b: 2})

      assert {:ok, [%{rows: [[1]]}]} =
               Repo.transaction(fn ->
                 "SELECT :a"
                 |> then(&Ecto.Adapters.SQL.stream(Repo.get_dynamic_repo(), &1, %{a: 1, b: 2}))
                 |> Enum.filter(&(&1.rows != []))
               end)
    end

    test "a selected name is not the column of that name where decimals are ordered" do
      for {p, e} <- [{1, 30}, {2, 20}, {3, 10}],
          do: Repo.insert!(%Item{price: Decimal.new(p), exact: Decimal.new(e)})

      query =
        from(i in Item,
          select: %{price: selected_as(i.exact, :price)},
          order_by: selected_as(:price)
        )

      assert Enum.map(Repo.all(query), &Decimal.to_integer(&1.price)) == [10, 20, 30]
    end

    test "update_all looks at the columns that it sets" do
      execute("CREATE TABLE money (id INTEGER PRIMARY KEY, real REAL, m MONEY, i INTEGER, t TEXT)")
      Repo.query!("INSERT INTO money (id) VALUES (1)")
      Repo.query!("INSERT INTO items (id) VALUES (1)")

      for field <- [:real, :m, :i] do
        assert_raise ArgumentError, ~r/column #{field} of money/, fn ->
          Repo.update_all("money", set: [{field, d(@wide)}])
        end
      end

      assert {1, nil} = Repo.update_all("money", set: [t: d(@wide)])
      assert rows("SELECT t FROM money") == [[@wide]]

      # Another column of numbers, and what is only compared, are in nobody's way.
      assert {1, nil} = Repo.update_all(Item, set: [exact: d(@wide)])
      exact = from(i in Item, where: i.exact == ^d(@wide))
      assert {1, nil} = Repo.update_all(exact, set: [name: "q"])
      assert [[@wide, "q"]] = rows("SELECT exact, name FROM items")
    end

    test "decimal_type: :text does not round into an existing column of numbers" do
      configure(decimal_type: :text)
      assert_raise ArgumentError, ~r/column price/, fn -> Repo.insert!(%Item{price: d(@wide)}) end
      assert %{id: id} = Repo.insert!(%Item{exact: d(@wide)})
      assert Repo.get!(Item, id).exact == d(@wide)
    end

    @tag :local_file
    test "a temporary table hides one of the same name" do
      Repo.checkout(fn ->
        Repo.query!(
          "CREATE TEMP TABLE items (id INTEGER PRIMARY KEY, price DECIMAL, exact DECIMAL, name)"
        )

        try do
          assert_raise ArgumentError, ~r/column exact/, fn ->
            Repo.insert!(%Item{exact: d(@wide)})
          end
        after
          Repo.query!("DROP TABLE temp.items")
        end
      end)
    end

    test "defaults keep their digits, or are refused" do
      column = fn type, opts ->
        {:create, %Ecto.Migration.Table{name: "d"}, [{:add, :c, type, opts}]}
        |> Ecto.Adapters.LibSql.Connection.execute_ddl()
        |> IO.iodata_to_binary()
      end

      assert column.(:decimal, precision: 20, default: 12_345_678_901_234_567_890) =~
               "DEFAULT '12345678901234567890'"

      for default <- [12_345_678_901_234_567_890, @wide, "none"] do
        assert_raise ArgumentError, fn -> column.(:decimal, default: default) end
      end
    end

    test "a table whose rows have a larger key loses only those that match" do
      execute([
        "CREATE TABLE tenanted (id INTEGER, tenant INTEGER, PRIMARY KEY (tenant, id))",
        "INSERT INTO tenanted VALUES (1, 1), (1, 2), (2, 2)",
        "CREATE TABLE gone (tenant INTEGER)",
        "INSERT INTO gone VALUES (1)"
      ])

      defschema(Tenanted, "tenanted", tenant: :integer)

      query = from(t in Tenanted, join: g in "gone", on: g.tenant == t.tenant)
      assert {1, nil} = Repo.delete_all(query)
      assert rows("SELECT id, tenant FROM tenanted ORDER BY id") == [[1, 2], [2, 2]]
    end

    test "a plan has the plan's columns" do
      query = from(i in Item, select: {i.price + i.price, i.price in ^[d("1")]})
      {sql, params} = Ecto.Adapters.SQL.to_sql(:all, Repo.get_dynamic_repo(), query)
      meta = Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())

      assert {:ok, [%{"id" => id, "parent" => 0} | _]} =
               Repo.checkout(fn ->
                 {:ok, pid} = {:ok, Process.get({Ecto.Adapters.SQL, meta.pid})}
                 Ecto.Adapters.LibSql.Connection.explain_query(pid, sql, params, [])
               end)

      assert is_integer(id)
    end

    test "a text that looks like the note behind a statement is a text" do
      Repo.insert!(%Item{price: d("1.5"), name: "a"})

      query =
        from(i in Item,
          where: i.name == " /* ecto_libsql: 0 json */" or true,
          select: {i.price + i.price, i.id not in [7, 8]}
        )

      assert [{three, true}] = Repo.all(query)
      assert Decimal.equal?(three, 3)

      assert rows("SELECT '1.5', ' /* ecto_libsql: 0 decimal ' /* my comment */") |> hd() |> hd() ==
               "1.5"
    end

    test "raw SQL is not decoded, whatever comment it ends with" do
      for {kind, value} <- [
            json: "{}",
            decimal: "1.5",
            date: "2026-11-27",
            list: "[1]",
            boolean: "1"
          ] do
        sql = "SELECT '#{value}' AS x /* ecto_libsql: 0 #{kind} */"
        assert rows(sql) == [[value]]
        assert {:ok, [%{rows: [[^value]]}]} = Repo.query_many(sql)
        stream = Ecto.Adapters.SQL.stream(Repo.get_dynamic_repo(), sql)

        assert {:ok, [[[^value]]]} =
                 Repo.transaction(fn -> for(%{rows: [_ | _] = rows} <- stream, do: rows) end)
      end

      Repo.insert!(%Item{price: d("1.5"), name: "a"})
      {sql, params} = Repo.to_sql(:all, from(i in Item, select: i.id not in [7]))
      assert rows(sql, params) == [[1]]

      # A query that is not cached, one that is, and a stream are decoded.
      for _ <- 1..2 do
        assert Repo.all(from(i in Item, select: i.id not in [7])) == [true]
        assert Repo.all(from(i in Item, where: i.name in ^["a"], select: i.id not in [7])) == [true]
        query = from(i in Item, select: i.id not in [7])
        assert Repo.transaction(fn -> query |> Repo.stream() |> Enum.to_list() end) == {:ok, [true]}
      end
    end

    test "a decimal that is too long, infinite or NaN is refused" do
      for text <- ["1E1000000", "1E-1000000", "NaN", "Infinity"] do
        assert_raise ArgumentError, fn -> Repo.query("SELECT ?", [d(text)]) end
      end
    end
  end
end
