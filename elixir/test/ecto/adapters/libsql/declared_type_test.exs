if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.DeclaredTypeTest do
    # Not async: the storage options are the application's.
    use Ecto.Adapters.LibSql.RepoCase, async: false

    # Times in columns that this adapter declares as TIME or DATETIME and ecto_sqlite3 as TEXT, and decimals in columns
    # declared as DECIMAL and DECIMAL(5,2): only the name differs; docs/suites.md counts on it.

    @columns [
      clock: :time,
      clock_usec: :time_usec,
      naive: :naive_datetime,
      naive_usec: :naive_datetime_usec,
      utc: :utc_datetime,
      utc_usec: :utc_datetime_usec,
      amount: :decimal
    ]
    @names Keyword.keys(@columns)
    @times @names -- [:amount]

    defschema(Row, "ours", @columns)

    defmodule CreateOurs do
      use Ecto.Migration

      def change do
        create table(:ours) do
          add(:clock, :time, precision: 3)
          add(:clock_usec, :time_usec)
          add(:naive, :naive_datetime)
          add(:naive_usec, :naive_datetime_usec)
          add(:utc, :utc_datetime)
          add(:utc_usec, :utc_datetime_usec)
          add(:amount, :decimal, precision: 5, scale: 2)
        end
      end
    end

    @theirs """
    CREATE TABLE theirs (id INTEGER PRIMARY KEY, clock TEXT, clock_usec TEXT, naive TEXT, naive_usec TEXT, utc TEXT,
      utc_usec TEXT, amount DECIMAL(5,2))
    """

    # Where the texts of times could be taken for numbers, and at the ends of what the types and 15 digits hold.
    @clocks ~w(00:00:00 00:00:01 01:00:00 09:59:59 10:00:00 12:34:56 23:59:59)
    @fractions ~w(.000000 .000001 .100000 .500000 .999999)
    @days ~w(-9999-01-01 -0001-12-31 0000-01-01 0001-01-01 0999-12-31 1969-12-31 1970-01-01 2024-02-29 9999-12-31)
    @amounts ~w(0 -0 0.0 1 -1 1.0 1.10 2 9 10 10.10 123.45 123.456 999.99 -999.99 1000 12345.678 0.1 0.001 0.00000001
                123456789012345 -123456789012345 0.123456789012345 99999999999999.9 1E3 1E-3 1E14 1E20 1.5E-7)

    setup do
      migrate(CreateOurs)
      execute(@theirs)
    end

    # As many rows as the longest list has; the last one is NULL.
    defp values(:clock), do: Enum.map(@clocks, &Time.from_iso8601!/1)

    defp values(:clock_usec),
      do: for(c <- @clocks, f <- @fractions, do: Time.from_iso8601!(c <> f))

    defp values(name) when name in [:naive, :naive_usec] do
      for day <- @days, clock <- values(if name == :naive, do: :clock, else: :clock_usec) do
        NaiveDateTime.new!(Date.from_iso8601!(day), clock)
      end
    end

    defp values(:utc), do: Enum.map(values(:naive), &DateTime.from_naive!(&1, "Etc/UTC"))
    defp values(:utc_usec), do: Enum.map(values(:naive_usec), &DateTime.from_naive!(&1, "Etc/UTC"))
    defp values(:amount), do: Enum.map(@amounts, &Decimal.new/1)

    defp insert do
      lists = Map.new(@names, &{&1, &1 |> values() |> List.to_tuple()})
      count = lists |> Map.values() |> Enum.map(&tuple_size/1) |> Enum.max()

      rows =
        for n <- 0..(count - 1) do
          Map.new(lists, fn {name, list} -> {name, elem(list, rem(n, tuple_size(list)))} end)
        end

      rows = rows ++ [Map.new(@names, &{&1, nil})]

      for table <- ["ours", "theirs"] do
        {_, nil} = Repo.insert_all({table, Row}, Enum.with_index(rows, &Map.put(&1, :id, &2)))
      end

      rows
    end

    # What a query gives in both tables.
    defp same(query) do
      [ours, theirs] = for table <- ["ours", "theirs"], do: Repo.all(query.({table, Row}))
      assert ours == theirs
      ours
    end

    defp sample(name),
      do: name |> values() |> Enum.take_every(max(1, div(length(values(name)), 12)))

    test "the names differ" do
      types = fn table ->
        rows("SELECT type FROM pragma_table_info('#{table}') WHERE name <> 'id'")
      end

      assert List.flatten(types.("ours")) ==
               ~w(TIME TIME DATETIME DATETIME DATETIME DATETIME DECIMAL)

      assert List.flatten(types.("theirs")) == ~w|TEXT TEXT TEXT TEXT TEXT TEXT DECIMAL(5,2)|
    end

    for option <- [:iso8601, :text_datetime] do
      describe "#{option}:" do
        setup do
          Application.put_env(:ecto_libsql, :datetime_type, unquote(option))
          on_exit(fn -> Application.delete_env(:ecto_libsql, :datetime_type) end)
          {:ok, inserted: insert()}
        end

        test "every value is stored and returned the same", %{inserted: inserted} do
          for name <- @names do
            stored = fn table ->
              rows("SELECT typeof(#{name}), quote(#{name}) FROM #{table} ORDER BY id")
            end

            assert stored.("ours") == stored.("theirs")
            if name in @times, do: assert([["null"], ["text"]] = kinds(name))

            without_schema = fn table ->
              Repo.all(from(r in table, order_by: r.id, select: field(r, ^name)))
            end

            assert without_schema.("ours") == without_schema.("theirs")

            for {value, was} <-
                  Enum.zip(same(&from(r in &1, order_by: r.id, select: field(r, ^name))), inserted) do
              if name == :amount and value != nil,
                do: assert(Decimal.equal?(value, was.amount)),
                else: assert(value == was[name])
            end
          end
        end

        test "every value is ordered and grouped the same" do
          for name <- @names do
            same(&from(r in &1, order_by: [asc: field(r, ^name), asc: r.id], select: r.id))

            same(
              &from(r in &1, order_by: [desc_nulls_last: field(r, ^name), asc: r.id], select: r.id)
            )

            same(
              &from(r in &1,
                group_by: field(r, ^name),
                order_by: min(r.id),
                select: {field(r, ^name), count()}
              )
            )

            assert [{_, _, _}] =
                     same(
                       &from(r in &1,
                         select:
                           {min(field(r, ^name)), max(field(r, ^name)),
                            count(field(r, ^name), :distinct)}
                       )
                     )
          end
        end

        test "every value is compared the same" do
          for {name, type} <- @columns, value <- sample(name) do
            found =
              same(&from(r in &1, where: field(r, ^name) == ^value, order_by: r.id, select: r.id))

            assert found != []

            assert same(
                     &from(r in &1, where: field(r, ^name) in ^[value], order_by: r.id, select: r.id)
                   ) == found

            typed = dynamic([r], field(r, ^name) == type(^value, ^type))
            assert same(&from(r in &1, where: ^typed, order_by: r.id, select: r.id)) == found

            for condition <- [
                  dynamic([r], field(r, ^name) < ^value),
                  dynamic([r], field(r, ^name) >= ^value),
                  dynamic([r], field(r, ^name) != ^value)
                ],
                do: same(&from(r in &1, where: ^condition, order_by: r.id, select: r.id))
          end

          # A column of one name with a column of the other.
          for name <- @names do
            equal = fn left, right ->
              Repo.all(
                from(l in {left, Row},
                  join: r in ^{right, Row},
                  on: field(l, ^name) == field(r, ^name) and l.id < 40 and r.id < 40,
                  order_by: [l.id, r.id],
                  select: {l.id, r.id}
                )
              )
            end

            assert [_ | _] = pairs = equal.("ours", "theirs")
            assert equal.("theirs", "ours") == pairs
            assert equal.("ours", "ours") == pairs
            assert equal.("theirs", "theirs") == pairs
          end

          for name <- [:naive, :naive_usec, :utc, :utc_usec] do
            same(
              &from(r in &1,
                where: datetime_add(field(r, ^name), 1, "month") < ^~N[2024-03-30 00:00:00],
                order_by: r.id,
                select: r.id
              )
            )
          end

          same(
            &from(r in &1, order_by: r.id, select: {r.amount + 1, r.amount * r.amount, r.amount / 3})
          )
        end

        test "indexes find and refuse the same" do
          for table <- ["ours", "theirs"] do
            execute("DELETE FROM #{table} WHERE id > 6")
            execute("UPDATE #{table} SET amount = id")
          end

          for name <- @names do
            for table <- ["ours", "theirs"],
                do: execute("CREATE UNIQUE INDEX #{table}_#{name} ON #{table} (#{name})")

            [value | _] = values(name)
            value = if name == :amount, do: Decimal.new("1.00"), else: value

            for query <- [
                  &from(r in &1, where: field(r, ^name) == ^value),
                  &from(r in &1, order_by: field(r, ^name))
                ] do
              same(query_of_ids(query))

              for table <- ["ours", "theirs"] do
                {sql, params} =
                  Ecto.Adapters.SQL.to_sql(
                    :all,
                    Repo.get_dynamic_repo(),
                    query_of_ids(query).({table, Row})
                  )

                assert inspect(rows("EXPLAIN QUERY PLAN " <> sql, params)) =~ "#{table}_#{name}"
                "#{table}_#{name}"
              end
            end

            for table <- ["ours", "theirs"] do
              row = Ecto.put_meta(struct(Row, [{name, value}]), source: table)
              assert_raise Ecto.ConstraintError, fn -> Repo.insert!(row) end
            end
          end
        end

        test "decimals of more digits than a number keeps are refused" do
          for table <- ["ours", "theirs"],
              text <- ["0.1234567890123456789", "12345678901234567890", "NaN"] do
            row = Ecto.put_meta(%Row{amount: Decimal.new(text)}, source: table)
            assert_raise ArgumentError, fn -> Repo.insert!(row) end
          end
        end
      end
    end

    defp query_of_ids(query), do: fn source -> from(r in query.(source), select: r.id) end

    defp kinds(name) do
      rows(
        "SELECT DISTINCT typeof(#{name}) FROM (SELECT #{name} FROM ours UNION ALL SELECT #{name} FROM theirs) ORDER BY 1"
      )
    end
  end
end
