if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.DecimalTest do
    # Not async: the options of types are the application's.
    use Ecto.Adapters.LibSql.RepoCase

    defschema(Item, "items", price: :decimal, exact: :decimal) do
      field(:ratio, :float, source: :rate)
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
      configure(context[:types] || [])
      :ok = migrate(Migration)
    end

    defp prices, do: Repo.all(from(i in Item, order_by: i.price, select: i.price))
    defp insert(price), do: Repo.insert!(%Item{price: Decimal.new(price)})

    # 15 digits, integers of 64 bits: what a column of numbers holds.
    @exact ~w(20.5 100 123456789012345 1234567890123.25 9223372036854775807 123456789012345000000 1E+300)
    @rounded ~w(1234567890123456.5 9223372036854775808 12345678901234567890 100.0000000000000001 1E+308 1E+400)

    test "a column of decimals holds numbers, for checks, other tools and indexes" do
      assert [["DECIMAL"], ["NUMERIC"], ["DECIMAL_TEXT"]] =
               rows("SELECT type FROM pragma_table_info('items') WHERE name != 'id'")

      assert_raise Ecto.ConstraintError, ~r/items_price_check/, fn -> insert("3") end
      for price <- ~w(100 20.50 9999), do: insert(price)
      assert_raise Ecto.ConstraintError, ~r/items_price_index/, fn -> insert("20.5") end

      assert rows("SELECT price FROM items ORDER BY price") == [[20.5], [100], [9999]]
      assert rows("SELECT max(price) FROM items") == [[9999]]
      assert Repo.all(from(i in "items", where: i.price > 99, select: i.price)) == [100, 9999]
    end

    test "a decimal that a column of numbers holds exactly comes back" do
      for price <- @exact do
        %{id: id} = insert(price)
        assert Decimal.equal?(Repo.get!(Item, id).price, price)
      end
    end

    test "a decimal that a column of numbers would round is refused, whoever writes it" do
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

        # What only compares it does.
        assert {0, nil} = Repo.delete_all(from(i in Item, where: i.price == ^price))
        stale = %{item | price: price}

        assert_raise Ecto.StaleEntryError, fn ->
          stale
          |> Ecto.Changeset.change(ratio: 1.5)
          |> Ecto.Changeset.optimistic_lock(:price, fn _ -> Decimal.new(30) end)
          |> Repo.update()
        end

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

    @wide Decimal.new("12345678901234567890.1234567890")

    # What writes `@wide` into `field`.
    defp writes(field) do
      narrow = Decimal.new(30)
      one = [id: 1, price: Decimal.new(20), exact: narrow]
      target = [conflict_target: :id]

      [
        fn -> Repo.insert_all(Item, [[{field, {:placeholder, :w}}]], placeholders: %{w: @wide}) end,
        fn ->
          Repo.insert_all("items", [[{field, {:placeholder, :w}}]], placeholders: %{w: @wide})
        end,
        fn -> Repo.insert_all("items", [[{field, @wide}]]) end,
        fn -> Repo.insert(struct(Item, one), [on_conflict: [set: [{field, @wide}]]] ++ target) end,
        fn -> Repo.insert_all(Item, [one], [on_conflict: [set: [{field, @wide}]]] ++ target) end,
        fn ->
          set = [{field, dynamic([i], fragment("?", type(^@wide, :decimal)))}]
          query = from(i in Item, where: i.exact < ^@wide, update: ^[set: set])
          Repo.insert_all(Item, [one], [on_conflict: query] ++ target)
        end,
        fn ->
          Repo.insert_all(Item, [
            [{field, from(i in Item, limit: 1, select: type(^@wide, :decimal))}]
          ])
        end,
        fn ->
          select = %{field => dynamic([i], type(^@wide, :decimal))}
          Repo.insert_all(Item, from(i in Item, where: i.exact < ^@wide, limit: 1, select: ^select))
        end,
        fn ->
          rows = from(i in Item, limit: 1, select: %{w: type(^@wide, :decimal)})
          select = %{field => dynamic([s], s.w)}
          Repo.insert_all(Item, from(s in subquery(rows), limit: 1, select: ^select))
        end,
        fn -> Repo.update_all(Item, set: [{field, @wide}, {:ratio, 1.5}]) end,
        fn -> Repo.update_all("items", set: [{field, @wide}]) end,
        fn ->
          set = [{field, dynamic([i], fragment("?", type(^@wide, :decimal)))}]
          Repo.update_all(from(i in Item, update: ^[set: set]), [])
        end
      ]
    end

    # Each on a table of one row.
    defp each_write(field, check) do
      for {write, n} <- Enum.with_index(writes(field)) do
        Repo.delete_all(Item)
        Repo.insert!(%Item{id: 1, price: Decimal.new(25), exact: Decimal.new(5)})
        check.(write, n)
      end
    end

    test "a decimal of many digits is written to a column of texts in every way" do
      each_write(:exact, fn write, n ->
        write.()
        exact = Repo.all(from(i in Item, order_by: [desc: i.id], limit: 1, select: i.exact))
        assert {n, exact} == {n, [@wide]}
      end)
    end

    test "a decimal of many digits is written to a column of numbers in no way" do
      each_write(:price, fn write, n ->
        assert_raise ArgumentError, ~r/the column price of items .*15 digits/, write
        assert {n, prices()} == {n, [Decimal.new(25)]}
      end)
    end

    test "beside what is compared, a column of numbers is written" do
      Repo.insert!(%Item{id: 1, price: Decimal.new(25), exact: Decimal.new(5)})
      thirty = Decimal.new(30)
      query = from(i in Item, where: i.exact < ^@wide and i.price != ^@wide)

      assert {1, nil} = Repo.update_all(query, set: [price: thirty, exact: @wide])
      assert [%{price: ^thirty, exact: @wide}] = Repo.all(Item)

      assert {1, nil} =
               Repo.insert_all(Item, [[id: 1]],
                 on_conflict:
                   from(q in query, update: [set: [ratio: 2.5]], or_where: q.exact == ^@wide),
                 conflict_target: :id
               )

      rows = from(i in Item, where: i.exact == ^@wide, select: %{price: i.price + 1})

      assert {1, nil} =
               Repo.insert_all(
                 Item,
                 union_all(
                   rows,
                   ^from(i in Item, where: i.price > ^@wide, select: %{price: i.price})
                 )
               )

      assert [30.0, 31.0] = Enum.map(prices(), &Decimal.to_float/1)
    end

    test "inc: adds 15 digits" do
      Repo.insert!(%Item{id: 1, price: Decimal.new(25), exact: Decimal.new("0.1")})

      for field <- [:price, :exact],
          write <- [
            fn -> Repo.update_all(Item, inc: [{field, @wide}]) end,
            fn ->
              Repo.insert(%Item{id: 1, price: Decimal.new(22)},
                on_conflict: [inc: [{field, @wide}]],
                conflict_target: :id
              )
            end
          ] do
        assert_raise ArgumentError, ~r/`inc:` cannot add .* to the column #{field} of items/, write
      end

      Repo.update_all(Item, inc: [price: Decimal.new("0.2"), exact: Decimal.new("0.2")])
      assert [%{price: price, exact: exact}] = Repo.all(Item)
      assert {Decimal.to_float(price), Decimal.to_float(exact)} == {25.2, 0.3}

      # Nor does it lose those that are there.
      Repo.update_all(Item, set: [exact: @wide])

      for write <- [
            fn -> Repo.update_all(Item, inc: [exact: 1]) end,
            fn ->
              Repo.update_all(from(i in Item, join: j in Item, on: i.id == j.id), inc: [exact: 1])
            end,
            fn ->
              Repo.insert(%Item{id: 1, price: Decimal.new(22)},
                on_conflict: [inc: [exact: 1]],
                conflict_target: :id
              )
            end
          ] do
        assert_raise EctoLibSql.Error,
                     ~r/inc: cannot add to a decimal of more than 15 digits/,
                     write
      end

      assert [%{exact: @wide}] = Repo.all(Item)
      Repo.update_all(Item, set: [exact: Decimal.new("9223372036854775800")])
      Repo.update_all(Item, inc: [exact: 7])
      assert [%{exact: exact}] = Repo.all(Item)
      assert exact == Decimal.new("9223372036854775807")
    end

    defp values(query), do: query |> Repo.all() |> Enum.map(&Decimal.to_string(&1, :normal))

    test "decimals of combinations are numbers, or texts with all their digits" do
      same = [{"20.5", "20.50"}, {"21", "21.0"}, {"1E+20", "100000000000000000000"}]

      more = [
        {"9223372036854775807", "9223372036854775807"},
        {"30", "12345678901234567890.5"},
        {"31", "-0.5"}
      ]

      for {price, exact} <- same ++ more,
          do: Repo.insert!(%Item{price: Decimal.new(price), exact: Decimal.new(exact)})

      execute("INSERT INTO items (price, exact) VALUES (NULL, '1e2')")

      both = ~w(20.5 21 9223372036854775807 100000000000000000000)
      {prices, exacts} = {from(i in Item, select: i.price), from(i in Item, select: i.exact)}
      sorted = &Enum.sort(&1 -- ["nil"])
      some = fn query, field -> where(query, [i], not is_nil(field(i, ^field))) end
      prices = some.(prices, :price)

      assert sorted.(values(intersect(prices, ^exacts))) == sorted.(both)
      assert sorted.(values(intersect(exacts, ^prices))) == sorted.(both)
      assert sorted.(values(except(prices, ^exacts))) == ["30", "31"]
      assert sorted.(values(except(exacts, ^prices))) == ["-0.5", "100", "12345678901234567890.5"]
      all = both ++ ["30", "31", "-0.5", "100", "12345678901234567890.5"]
      assert sorted.(values(union(prices, ^exacts))) == sorted.(all)
      assert length(values(union_all(prices, ^exacts))) == 13

      # Inside, and of what is computed.
      named = from(i in Item, where: not is_nil(i.price), select: %{v: i.price})
      inner = union(named, ^from(i in Item, select: %{v: i.exact}))
      assert Repo.aggregate(subquery(inner), :count) == length(all)
      computed = from(i in Item, where: i.price < 100, select: i.price + 0.0)
      assert sorted.(values(intersect(computed, ^exacts))) == ["20.5", "21"]
      assert sorted.(values(intersect(exacts, ^computed))) == ["20.5", "21"]

      assert values(intersect(from(i in Item, select: max(i.price)), ^exacts)) == [
               "100000000000000000000"
             ]
    end

    test "decimals of combinations are ordered as numbers" do
      for {price, exact} <- [{"100", "99"}, {"20.5", "12345678901234567890.5"}, {"1000", "101.0"}],
          do: Repo.insert!(%Item{price: Decimal.new(price), exact: Decimal.new(exact)})

      ordered = ~w(20.5 99 100 101.0 1000 12345678901234567890.5)
      exacts = from(i in Item, select: i.exact)
      named = from(i in Item, select: selected_as(i.exact, :v))

      for query <- [
            union_all(from(i in Item, select: i.price, order_by: i.price), ^exacts),
            union_all(from(i in Item, select: i.price, order_by: fragment("price")), ^exacts),
            union_all(from(i in Item, select: i.price, order_by: fragment("1")), ^exacts),
            union_all(
              from(i in Item, select: selected_as(i.price, :v), order_by: selected_as(:v)),
              ^named
            )
          ] do
        assert values(query) == ordered
        assert values(from(q in query, limit: 2, offset: 1)) == ["99", "100"]
      end

      descending = from(i in Item, select: {i.price, i.id}, order_by: [desc: i.price, asc: i.id])
      rows = Repo.all(union(descending, ^from(i in Item, select: {i.exact, i.id})))
      assert Enum.map(rows, &elem(&1, 1)) == [2, 3, 3, 1, 1, 2]

      other = from(i in Item, select: i.price, order_by: [i.price, fragment("random()")])

      assert_raise Ecto.QueryError, ~r/ordering a combination/, fn ->
        Repo.all(union_all(other, ^exacts))
      end
    end

    test "queries of different width cannot be combined, in subqueries either" do
      two = from(i in Item, select: %{a: i.price, b: i.id})
      one = from(i in Item, select: %{a: i.price})
      Repo.insert!(%Item{price: Decimal.new(20)})

      for query <- [
            union(one, ^two),
            union(two, ^one),
            union_all(one, ^two),
            union_all(order_by(two, [i], i.price), ^one)
          ],
          query <- [query, from(q in subquery(query), select: q.a)] do
        assert_raise EctoLibSql.Error, ~r/same number of result columns/, fn -> Repo.all(query) end
      end
    end

    test "decimals in numbers and in texts are compared and ordered as numbers" do
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

    test "a default that a column of numbers would round is refused" do
      assert_raise ArgumentError, ~r/the column narrow would round 12345678901234567890.5/, fn ->
        migrate(Defaults)
      end
    end
  end
end
