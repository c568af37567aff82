if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.DatetimeTypeTest do
    # Not async: the option is the application's.
    use Ecto.Adapters.LibSql.RepoCase

    @types [:naive_datetime, :naive_datetime_usec, :utc_datetime, :utc_datetime_usec]

    defschema(Event, "events", Enum.map(@types, &{&1, &1}))

    # What each type stores, by option.
    @texts %{
      iso8601: %{
        naive_datetime: "2026-11-27T10:20:30",
        naive_datetime_usec: "2026-11-27T10:20:30.000004",
        utc_datetime: "2026-11-27T10:20:30Z",
        utc_datetime_usec: "2026-11-27T10:20:30.000004Z"
      },
      text_datetime: %{
        naive_datetime: "2026-11-27 10:20:30",
        naive_datetime_usec: "2026-11-27 10:20:30.000004",
        utc_datetime: "2026-11-27 10:20:30",
        utc_datetime_usec: "2026-11-27 10:20:30.000004"
      }
    }
    @values %{
      naive_datetime: ~N[2026-11-27 10:20:30],
      naive_datetime_usec: ~N[2026-11-27 10:20:30.000004],
      utc_datetime: ~U[2026-11-27 10:20:30Z],
      utc_datetime_usec: ~U[2026-11-27 10:20:30.000004Z]
    }

    # Without a database of time zones.
    defp in_another_zone(%DateTime{} = time) do
      %{
        time
        | hour: time.hour + 2,
          time_zone: "Europe/Berlin",
          zone_abbr: "CET",
          utc_offset: 3600,
          std_offset: 3600
      }
    end

    defp in_another_zone(time), do: time

    defp stored(type), do: rows("SELECT #{type} FROM events")

    for option <- [:iso8601, :text_datetime], type <- @types do
      describe "#{option}, #{type}:" do
        setup do
          configure(datetime_type: unquote(option))
          create_table(Event, @values)
          {:ok, value: @values[unquote(type)], text: @texts[unquote(option)][unquote(type)]}
        end

        @type_ type

        test "a default is stored in the format", %{text: text, value: value} do
          execute("INSERT INTO events (id) VALUES (1)")
          assert stored(@type_) == [[text]]
          assert Map.fetch!(Repo.one(Event), @type_) == value
        end

        test "every way to write stores the format", %{
          text: text,
          value: value
        } do
          zoned = in_another_zone(value)

          for write <- [
                fn -> Repo.insert!(struct(Event, [{@type_, value}])) end,
                fn -> Repo.insert_all(Event, [[{@type_, value}]]) end,
                fn -> Repo.insert_all("events", [[{@type_, value}]]) end,
                fn -> Repo.insert_all("events", [[{@type_, zoned}]]) end,
                fn -> Repo.query!("INSERT INTO events (#{@type_}) VALUES (?)", [value]) end,
                fn -> Repo.query!("INSERT INTO events (#{@type_}) VALUES (?)", [zoned]) end,
                fn ->
                  Repo.insert!(%Event{})
                  Repo.update_all(Event, set: [{@type_, value}])
                end,
                fn ->
                  Repo.insert!(%Event{})
                  Repo.update_all("events", set: [{@type_, zoned}])
                end
              ] do
            write.()
            assert stored(@type_) == [[text]]
            assert Map.fetch!(Repo.one(Event), @type_) == value
            Repo.delete_all(Event)
          end
        end

        test "a parameter is compared in the format", %{text: text, value: value} do
          Repo.insert!(struct(Event, [{@type_, value}]))
          zoned = in_another_zone(value)

          for {query, n} <-
                Enum.with_index([
                  from(e in Event, where: field(e, ^@type_) == ^value),
                  from(e in "events", where: field(e, ^@type_) == ^value, select: e.id),
                  from(e in "events", where: field(e, ^@type_) == ^zoned, select: e.id),
                  from(e in Event, where: field(e, ^@type_) == type(^value, ^@type_)),
                  from(e in Event, where: field(e, ^@type_) in ^[value]),
                  from(e in Event, where: fragment("? = ?", field(e, ^@type_), ^value)),
                  from(e in Event, where: fragment("? = ?", field(e, ^@type_), ^zoned)),
                  from(e in Event, where: field(e, ^@type_) == datetime_add(^value, 0, "second"))
                ]) do
            assert {n, length(Repo.all(query))} == {n, 1}
          end

          assert Repo.one(from(_ in Event, select: fragment("?", ^zoned))) == text
        end

        test "ago and from_now compare moments" do
          now = DateTime.utc_now()

          for {name, seconds} <- [old: -7200, recent: -10, near: 10, far: 7200] do
            moment = DateTime.add(now, seconds)

            moment =
              if @type_ in [:naive_datetime, :naive_datetime_usec],
                do: DateTime.to_naive(moment),
                else: moment

            moment =
              if @type_ in [:naive_datetime, :utc_datetime],
                do: %{moment | microsecond: {0, 0}},
                else: moment

            Process.put(name, Repo.insert!(struct(Event, [{@type_, moment}])).id)
          end

          ids = fn query -> Enum.sort(Repo.all(from(e in query, select: e.id))) end
          [old, recent, near, far] = Enum.map([:old, :recent, :near, :far], &Process.get/1)

          for source <- [Event, "events"] do
            assert ids.(from(e in source, where: field(e, ^@type_) < ago(1, "hour"))) == [old]

            assert ids.(from(e in source, where: field(e, ^@type_) > ago(1, "minute"))) == [
                     recent,
                     near,
                     far
                   ]

            assert ids.(from(e in source, where: field(e, ^@type_) > from_now(1, "hour"))) == [far]

            later = dynamic([e], datetime_add(field(e, ^@type_), 1, "hour"))

            assert ids.(from(e in source, where: ^dynamic(^later < type(^now, :utc_datetime_usec)))) ==
                     [old]

            assert ids.(
                     from(e in source, where: field(e, ^@type_) < datetime_add(^now, -1, "hour"))
                   ) == [old]
          end

          assert {1, _} =
                   Repo.delete_all(from(e in Event, where: field(e, ^@type_) < ago(1, "hour")))
        end
      end
    end
  end
end
