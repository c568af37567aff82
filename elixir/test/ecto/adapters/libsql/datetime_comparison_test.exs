if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.DatetimeComparisonTest do
    # Every type of time, in both formats, by every operator, in every place: what SQL says of two times is what
    # Elixir says. Not async: the option is the application's.
    use Ecto.Adapters.LibSql.RepoCase

    @types [:date, :naive_datetime, :naive_datetime_usec, :utc_datetime, :utc_datetime_usec]
    @times [
      ~N[2026-11-27 10:20:30.000000],
      ~N[2026-11-27 10:20:30.000004],
      ~N[2026-11-27 00:00:00.000000],
      ~N[2026-10-31 23:59:59.999999]
    ]

    defschema(Event, "events", [copy: :utc_datetime_usec] ++ Enum.map(@types, &{&1, &1}))

    # A time as a value of a type, without what the type does not have.
    defp value(:date, time), do: NaiveDateTime.to_date(time)
    defp value(:naive_datetime, time), do: NaiveDateTime.truncate(time, :second)
    defp value(:naive_datetime_usec, time), do: time

    defp value(:utc_datetime, time),
      do: :naive_datetime |> value(time) |> DateTime.from_naive!("Etc/UTC")

    defp value(:utc_datetime_usec, time), do: DateTime.from_naive!(time, "Etc/UTC")

    # The moment of a value.
    defp moment(%Date{} = date), do: NaiveDateTime.new!(date, ~T[00:00:00.000000])
    defp moment(%DateTime{} = time), do: time |> DateTime.to_naive() |> moment()
    defp moment(%NaiveDateTime{microsecond: {n, _}} = time), do: %{time | microsecond: {n, 6}}

    # What is added: the number, in SQL, and the unit.
    @sums [
      {0, "second"},
      {quote(do: ^3), "hour"},
      {-1, "week"},
      {1, "month"},
      {quote(do: ^12), "month"},
      {-1, "year"},
      {1.5, "second"},
      {quote(do: ^Decimal.new("-0.25")), "minute"},
      {0.5, "month"},
      {7, "microsecond"},
      {quote(do: ^250), "millisecond"}
    ]
    @operators [
      ==: [:eq],
      !=: [:lt, :gt],
      <: [:lt],
      <=: [:lt, :eq],
      >: [:gt],
      >=: [:gt, :eq],
      in: [:eq]
    ]

    # Ecto gives types to parameters by the text of the query, so each query is written out.
    for {{count, unit}, n} <- Enum.with_index(@sums) do
      sum =
        quote(
          do:
            datetime_add(
              field(unquote(Macro.var(:e, nil)), ^unquote(Macro.var(:field, nil))),
              unquote(count),
              unquote(unit)
            )
        )

      defp sum(unquote(n), field), do: dynamic([e], unquote(sum))

      for {operator, _} <- @operators do
        right = quote(do: ^unquote(Macro.var(:value, nil)))
        right = if operator == :in, do: [right], else: right

        defp compared(unquote(n), unquote(operator), field, value),
          do: dynamic([e], unquote({operator, [], [sum, right]}))
      end
    end

    for {operator, _} <- @operators, listed = if(operator == :in, do: &[&1], else: & &1) do
      added = listed.(quote(do: datetime_add(^unquote(Macro.var(:value, nil)), 0, "second")))
      column = quote(do: field(unquote(Macro.var(:e, nil)), ^unquote(Macro.var(:field, nil))))

      defp with_sum(unquote(operator), field, value),
        do: dynamic([e], unquote({operator, [], [column, added]}))

      for type <- @types do
        typed = listed.(quote(do: type(^unquote(Macro.var(:value, nil)), unquote(type))))

        defp typed(unquote(operator), left, value, unquote(type)),
          do: dynamic(unquote({operator, [], [quote(do: ^unquote(Macro.var(:left, nil))), typed]}))
      end
    end

    defp sums, do: 0..(length(@sums) - 1)

    # The same in Elixir.
    defp add(time, 0), do: time
    defp add(time, 1), do: later(time, 10_800_000_000)
    defp add(time, 2), do: later(time, -604_800_000_000)
    defp add(time, 3), do: month_later(time)
    defp add(time, 4), do: %{time | year: time.year + 1}
    defp add(time, 5), do: %{time | year: time.year - 1}
    defp add(time, 6), do: later(time, 1_500_000)
    defp add(time, 7), do: later(time, -15_000_000)
    defp add(time, 8), do: later(time, 1_296_000_000_000)
    defp add(time, 9), do: later(time, 7)
    defp add(time, 10), do: later(time, 250_000)

    defp later(time, microseconds), do: NaiveDateTime.add(time, microseconds, :microsecond)
    defp month_later(%{month: 10, day: 31} = time), do: %{time | month: 11, day: 30}
    defp month_later(time), do: %{time | month: time.month + 1}

    # What a value is compared with: it, and what is a little less or more.
    defp around(time), do: for(n <- [-1, 0, 1, 1_000_000], do: later(time, n))

    defp stored(type, time) do
      text =
        case value(type, time) do
          %Date{} = date -> Date.to_iso8601(date)
          %NaiveDateTime{} = naive -> NaiveDateTime.to_iso8601(naive)
          %DateTime{} = utc -> DateTime.to_iso8601(utc)
        end

      case Application.get_env(:ecto_libsql, :datetime_type) do
        :iso8601 -> text
        :text_datetime -> text |> String.replace("T", " ") |> String.replace("Z", "")
      end
    end

    for option <- [:iso8601, :text_datetime], type <- @types do
      describe "#{option}, #{type}:" do
        setup do
          configure(datetime_type: unquote(option))
          create_table(Event)

          for {time, id} <- Enum.with_index(@times, 1) do
            fields = for type <- @types, do: {type, value(type, time)}
            Repo.insert!(struct(Event, [id: id, copy: value(:utc_datetime_usec, time)] ++ fields))
          end

          {:ok, times: Enum.with_index(@times, 1)}
        end

        @type_ type

        test "a sum is compared with a value of each type by each operator", %{times: times} do
          for n <- sums(), type <- @types, {time, id} <- times do
            result = @type_ |> value(time) |> moment() |> add(n)

            # All at once, for speed.
            {conditions, expected} =
              for near <- around(result), {operator, orders} <- @operators do
                near = value(type, near)
                order = NaiveDateTime.compare(result, moment(near))
                {typed(operator, sum(n, @type_), near, type), {operator, near, order in orders}}
              end
              |> Enum.unzip()

            found = Repo.one(from(e in Event, where: e.id == ^id, select: ^columns(conditions)))

            for {{operator, near, expected}, ix} <- Enum.with_index(expected) do
              assert {n, operator, near, found[ix] in [true, 1]} == {n, operator, near, expected}
            end
          end
        end

        # Ecto cuts the parameter to seconds, whatever the adapter.
        test "a sum is compared with a parameter whose type is left to Ecto", %{times: times} do
          for n <- sums(), {time, id} <- Enum.take(times, 2), {operator, orders} <- @operators do
            result = @type_ |> value(time) |> moment() |> add(n)

            for near <- around(result), near <- [near, DateTime.from_naive!(near, "Etc/UTC")] do
              order = NaiveDateTime.compare(result, %{moment(near) | microsecond: {0, 6}})
              condition = compared(n, operator, @type_, near)
              found = Repo.exists?(from(e in Event, where: e.id == ^id, where: ^condition))
              assert {condition, near, found} == {condition, near, order in orders}
            end
          end
        end

        test "a field is compared with a sum of a parameter", %{times: times} do
          for {time, id} <- times, own = @type_ |> value(time) |> moment(), near <- around(own) do
            for near <- [near, DateTime.from_naive!(near, "Etc/UTC")],
                {operator, orders} <- @operators do
              order = NaiveDateTime.compare(own, moment(near))
              query = from(e in Event, where: e.id == ^id, where: ^with_sum(operator, @type_, near))
              assert {operator, near, Repo.exists?(query)} == {operator, near, order in orders}
            end
          end
        end

        test "a sum may be selected, ordered by, aggregated and deleted by", %{times: times} do
          for n <- sums(), sum = sum(n, @type_) do
            moments = for {time, id} <- times, do: {id, @type_ |> value(time) |> moment() |> add(n)}
            earlier = fn {_, one}, {_, other} -> NaiveDateTime.compare(one, other) != :gt end
            order = moments |> Enum.sort(earlier) |> Enum.map(&elem(&1, 0))

            selected = Repo.all(from(e in Event, select: ^%{id: dynamic([e], e.id), sum: sum}))

            # Ecto gives the sum the type of the field.
            for row <- selected, {id, moment} <- moments, id == row.id do
              assert row.sum == value(@type_, moment)
            end

            ordered = from(e in Event, select: e.id)
            assert Repo.all(from(e in ordered, order_by: ^[asc: sum], order_by: e.id)) == order

            assert Repo.all(from(e in ordered, order_by: ^[desc: sum], order_by: [desc: e.id])) ==
                     Enum.reverse(order)

            {_, first} = hd(moments)
            same = for {id, moment} <- moments, moment == first, do: id
            max = dynamic(max(^sum) == type(^first, :naive_datetime_usec))
            groups = from(e in Event, group_by: e.id, having: ^max, select: e.id)
            assert Enum.sort(Repo.all(groups)) == same

            not_later = Enum.count(moments, &earlier.(&1, hd(moments)))

            Repo.transaction(fn ->
              doomed = dynamic(^sum <= type(^first, :utc_datetime_usec))
              assert {^not_later, _} = Repo.delete_all(from(e in Event, where: ^doomed))
              Repo.rollback(:undone)
            end)
          end
        end

        test "sums of two types are joined by their moments", %{times: times} do
          for type <- @types do
            pairs =
              from(e in Event,
                join: o in Event,
                on:
                  datetime_add(field(e, ^@type_), 1.5, "second") ==
                    datetime_add(field(o, ^type), ^1500, "millisecond"),
                select: {e.id, o.id}
              )

            expected =
              for {one, e} <- times,
                  {other, o} <- times,
                  moment(value(@type_, one)) == moment(value(type, other)),
                  do: {e, o}

            assert Enum.sort(Repo.all(pairs)) == expected
          end
        end

        test "update_all and insert_all write a sum in the format", %{times: times} do
          for n <- sums() do
            Repo.update_all(Event, set: [{@type_, sum(n, :copy)}])

            for {time, id} <- times do
              written = rows("SELECT #{@type_} FROM events WHERE id = #{id}")
              assert written == [[stored(@type_, add(time, n))]]
            end
          end

          Repo.update_all(Event, set: [{@type_, dynamic([e], e.copy)}])
          Repo.delete_all(from(e in Event, where: e.id > 2))
          Repo.insert_all(Event, from(e in Event, select: %{copy: field(e, ^@type_)}))

          assert rows("SELECT copy FROM events WHERE id > 2 ORDER BY id") ==
                   for(
                     {time, id} <- times,
                     id < 3,
                     do: [stored(:utc_datetime_usec, moment(value(@type_, time)))]
                   )
        end
      end
    end

    describe "a time whose type is not known" do
      setup do
        create_table(Event)
        seconds = ~N[2026-11-27 10:20:30]

        Repo.insert!(%Event{
          utc_datetime: value(:utc_datetime, seconds),
          copy: ~U[2026-11-27 10:20:30.000000Z]
        })

        {:ok, now: ~U[2026-11-27 10:20:30.000000Z]}
      end

      test "is compared by its moment", %{now: now} do
        cte = from(e in Event, select: %{at: e.utc_datetime})
        listed = with_cte("listed", "listed", as: ^cte)
        sum = from(e in Event, select: %{at: datetime_add(e.utc_datetime, ^0, "second")})

        for {query, n} <-
              Enum.with_index([
                from(e in "events", where: e.utc_datetime == datetime_add(^now, 0, "second")),
                from(e in "events", where: datetime_add(e.utc_datetime, 0, "second") == ^now),
                from(e in Event, where: coalesce(e.utc_datetime, ^now) == ^now),
                from(e in Event, where: coalesce(e.naive_datetime, ^now) == e.utc_datetime),
                from(e in Event, group_by: e.id, having: max(e.utc_datetime) == ^now),
                from(l in listed, where: l.at == ^now),
                from(s in subquery(sum), where: s.at == ^now),
                from(s in subquery(sum), join: e in Event, on: s.at == e.copy),
                from(e in Event, where: type(e.utc_datetime, :utc_datetime_usec) == e.copy),
                from(e in Event, where: e.utc_datetime in subquery(from(o in Event, select: o.copy)))
              ]) do
          assert {n, Repo.all(from(q in query, select: 1))} == {n, [1]}
        end

        assert [utc] =
                 Repo.all(from(e in Event, select: max(datetime_add(e.utc_datetime, ^1, "day"))))

        assert DateTime.compare(utc, ~U[2026-11-28 10:20:30Z]) == :eq
      end

      test "leaves a column its index" do
        execute("CREATE INDEX by_time ON events (utc_datetime)")

        for query <- [
              from(e in Event, where: e.utc_datetime < ago(1, "hour")),
              from(e in Event, where: e.utc_datetime > type(^DateTime.utc_now(), :utc_datetime_usec))
            ] do
          {sql, params} = Repo.to_sql(:all, query)
          plan = rows("EXPLAIN QUERY PLAN " <> sql, params)
          if not (inspect(plan) =~ "by_time"), do: flunk(inspect(plan))
        end
      end
    end

    defp columns(conditions),
      do: conditions |> Enum.with_index() |> Map.new(fn {c, n} -> {n, c} end)
  end
end
