if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.DecimalTest do
    # Not async: the options of types are the application's.
    use Ecto.Adapters.LibSql.RepoCase

    defmodule Item do
      use Ecto.Schema

      schema "items" do
        field(:price, :decimal)
        field(:ratio, :float, source: :rate)
        field(:exact, :decimal)
      end
    end

    defmodule Migration do
      use Ecto.Migration

      def change do
        create table(:items) do
          add(:price, :decimal, precision: 15, scale: 2, check: "price >= 20")
          add(:rate, :numeric)
          add(:exact, :decimal, precision: 38, scale: 10)
        end

        create(unique_index(:items, [:price]))
        create(unique_index(:items, [:exact]))
      end
    end

    setup context do
      if options = context[:types] do
        Application.put_all_env(ecto_libsql: options)
        on_exit(fn -> for {name, _} <- options, do: Application.delete_env(:ecto_libsql, name) end)
      end

      :ok = migrate(Migration)
    end

    defp prices, do: Repo.all(from(i in Item, order_by: i.price, select: i.price))
    defp insert(price), do: Repo.insert!(%Item{price: Decimal.new(price)})

    # 15 digits, integers of 64 bits: what a column of numbers holds.
    @exact ~w(20.5 100 123456789012345 1234567890123.25 9223372036854775807 123456789012345000000 1E+300)
    @rounded ~w(1234567890123456.5 9223372036854775808 12345678901234567890 100.0000000000000001 1E+308 1E+400)

    test "a column is one of numbers: for checks, other tools and indexes" do
      assert [["DECIMAL"], ["NUMERIC"], ["DECIMAL_TEXT"]] =
               rows("SELECT type FROM pragma_table_info('items') WHERE name != 'id'")

      assert_raise Ecto.ConstraintError, ~r/items_price_check/, fn -> insert("3") end
      for price <- ~w(100 20.50 9999), do: insert(price)
      assert_raise Ecto.ConstraintError, ~r/items_price_index/, fn -> insert("20.5") end

      assert rows("SELECT price FROM items ORDER BY price") == [[20.5], [100], [9999]]
      assert rows("SELECT max(price) FROM items") == [[9999]]
      assert Repo.all(from(i in "items", where: i.price > 99, select: i.price)) == [100, 9999]
    end

    test "what it holds exactly comes back" do
      for price <- @exact do
        %{id: id} = insert(price)
        assert Decimal.equal?(Repo.get!(Item, id).price, price)
      end
    end

    test "what it would round is refused, whoever writes it" do
      %{id: id} = insert("20")

      for price <- Enum.map(@rounded, &Decimal.new/1) do
        assert_raise ArgumentError, ~r/column price of items .*15 digits.*precision/, fn ->
          Repo.insert(%Item{price: price})
        end

        assert_raise ArgumentError, ~r/column price/, fn ->
          Repo.insert_all(Item, [[price: Decimal.new(50)], [price: price]])
        end

        item = Repo.get!(Item, id)
        change = Ecto.Changeset.change(item, price: price)
        assert_raise ArgumentError, ~r/column price/, fn -> Repo.update(change) end

        for write <- [
              fn -> Repo.update_all(Item, set: [price: price]) end,
              fn -> Repo.insert_all("items", [[price: price]]) end,
              fn -> Repo.query("INSERT INTO items (price) VALUES (?)", [price]) end,
              fn -> Repo.query("UPDATE items SET price = ?", [price]) end,
              fn ->
                Repo.insert(%Item{id: id, price: Decimal.new(21)},
                  on_conflict: [set: [price: price]],
                  conflict_target: :id
                )
              end
            ] do
          assert_raise ArgumentError, ~r/15 digits/, write
        end

        # What only reads compares it.
        Repo.all(from(i in Item, where: i.price < ^price))
        Repo.query!("SELECT price < ? FROM items", [price])
      end

      assert prices() == [Decimal.new(20)]
    end

    test "precision above 15 keeps all digits" do
      for text <- @exact ++ @rounded ++ ["12345678901234567890.1234567890"] do
        exact = Decimal.new(text)
        %{id: id} = Repo.insert!(%Item{exact: exact})
        assert Decimal.equal?(Repo.get!(Item, id).exact, exact)
        assert [item] = Repo.all(from(i in Item, where: i.id == ^id))
        Repo.delete!(item)
        Repo.insert_all(Item, [[id: id, exact: exact]])
        Repo.update!(Ecto.Changeset.change(Repo.get!(Item, id), exact: Decimal.new(1)))
        Repo.update!(Ecto.Changeset.change(Repo.get!(Item, id), exact: exact))
        assert Decimal.equal?(Repo.get!(Item, id).exact, exact)
        Repo.delete_all(Item)
      end
    end

    test "both kinds are compared and ordered as numbers" do
      for {price, n} <- Enum.with_index(~w(100 20.50 9999 21)) do
        Repo.insert!(%Item{price: Decimal.new(price), exact: Decimal.new(price), ratio: n * 1.0})
      end

      for field <- [:price, :exact] do
        ids = fn condition ->
          query = from(i in Item, order_by: field(i, ^field), select: i.price, where: ^condition)
          query |> Repo.all() |> Enum.map(&Decimal.to_float/1)
        end

        value = Decimal.new("20.500")
        assert ids.(true) == [20.5, 21.0, 100.0, 9999.0]
        assert ids.(dynamic([i], field(i, ^field) > ^value)) == [21.0, 100.0, 9999.0]
        assert ids.(dynamic([i], ^value == field(i, ^field))) == [20.5]
        assert ids.(dynamic([i], field(i, ^field) in ^[value, Decimal.new(9999)])) == [20.5, 9999.0]
        assert ids.(dynamic([i], field(i, ^field) not in ^[value])) == [21.0, 100.0, 9999.0]
        assert ids.(dynamic([i], i.price == i.exact)) == [20.5, 21.0, 100.0, 9999.0]
        assert ids.(dynamic([i], i.exact < i.price + 1)) == [20.5, 21.0, 100.0, 9999.0]
        assert ids.(dynamic([i], field(i, ^field) > i.ratio)) == [20.5, 21.0, 100.0, 9999.0]

        assert Decimal.equal?(Repo.aggregate(Item, :max, field), 9999)
      end
    end

    test "a comparison uses the index" do
      for query <- [
            from(i in Item, where: i.price > ^Decimal.new("20.5")),
            from(i in Item, where: i.price in ^[Decimal.new("20.5"), Decimal.new(21)]),
            from(i in Item, join: j in Item, on: i.price == j.exact)
          ] do
        {sql, params} = Ecto.Adapters.SQL.to_sql(:all, Repo.get_dynamic_repo(), query)
        plan = rows("EXPLAIN QUERY PLAN " <> sql, params)
        assert Enum.any?(plan, &(List.last(&1) =~ "USING INDEX items_price_index")), inspect(plan)
      end
    end

    test "a float field loads what a column of decimals holds" do
      for {stored, value} <- [{5, 5.0}, {2.5, 2.5}, {"2.5", 2.5}, {"'3'", 3.0}] do
        execute("INSERT INTO items (rate) VALUES (#{stored})")
        assert Repo.one(from(i in Item, select: i.ratio)) == value
        execute("DELETE FROM items")
      end
    end

    @tag types: [decimal_type: :text]
    test "decimal_type: :text makes every column a text" do
      assert [["DECIMAL_TEXT"], ["DECIMAL_TEXT"], ["DECIMAL_TEXT"]] =
               rows("SELECT type FROM pragma_table_info('items') WHERE name != 'id'")

      for text <- @exact ++ @rounded do
        %{id: id} = Repo.insert!(%Item{exact: Decimal.new(text)})
        assert Decimal.equal?(Repo.get!(Item, id).exact, text)
        Repo.update_all(Item, set: [exact: Decimal.new(text)])
        assert Decimal.equal?(Repo.get!(Item, id).exact, text)
        Repo.delete_all(Item)
      end
    end

    defmodule Modify do
      use Ecto.Migration

      def up, do: alter(table(:items), do: modify(:exact, :decimal))
    end

    defmodule Defaults do
      use Ecto.Migration
      @value Decimal.new("12345678901234567890.5")

      def up do
        alter(table(:items), do: add(:wide, :decimal, precision: 30, default: @value))
        flush()
        alter(table(:items), do: add(:narrow, :decimal, default: @value))
      end
    end

    test "a column that becomes one of numbers keeps its digits, or is refused" do
      exact = Decimal.new("1234567890.12345")
      Repo.insert!(%Item{exact: exact})
      wide = Repo.insert!(%Item{exact: Decimal.new("12345678901234567890.5")})

      assert_raise EctoLibSql.Error, ~r/exact of items cannot become DECIMAL.*7890\.5/, fn ->
        migrate(Modify)
      end

      Repo.delete!(wide)
      migrate(Modify)
      assert [["real", 1_234_567_890.12345]] = rows("SELECT typeof(exact), exact FROM items")
    end

    test "so are defaults" do
      assert_raise ArgumentError, ~r/the column narrow would keep 12345678901234567890.5/, fn ->
        migrate(Defaults)
      end
    end
  end
end
