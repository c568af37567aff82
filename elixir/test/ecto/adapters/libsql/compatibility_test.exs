if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.CompatibilityTest do
    # Not async: the storage options are the application's.
    use Ecto.Adapters.LibSql.RepoCase, async: false

    # Databases as ecto_libsql 0.9 and ecto_sqlite3 0.24 create and fill them; docs/compatibility.md is
    # the table of what is tested here.

    @id "6a0fbb2e-3b7c-4d8e-9f10-0102030405ff"
    @raw Ecto.UUID.dump!(@id)
    # All of its bytes are ASCII: the old package stored such a one as text.
    @text_id "30313233-3435-3637-3839-616263646566"
    @text_raw "0123456789abcdef"

    @fields [
      uuid: Ecto.UUID,
      flag: :boolean,
      amount: :decimal,
      ratio: :float,
      bytes: :binary,
      day: :date,
      clock: :time,
      clock_usec: :time_usec,
      naive: :naive_datetime,
      naive_usec: :naive_datetime_usec,
      utc: :utc_datetime,
      utc_usec: :utc_datetime_usec,
      map: :map,
      counts: {:map, :integer},
      tags: {:array, :string}
    ]
    defschema Thing, "things", @fields, primary_key: {:id, :binary_id, autogenerate: true} do
      field(:kind, Ecto.Enum, values: [:a, :b])
    end

    @old """
    CREATE TABLE things (id TEXT PRIMARY KEY, uuid TEXT, flag INTEGER, amount DECIMAL, ratio REAL, bytes BLOB,
      day DATE, clock TIME, clock_usec TIME, naive DATETIME, naive_usec DATETIME, utc DATETIME,
      utc_usec DATETIME, map TEXT, counts TEXT, tags TEXT, kind TEXT)
    """
    @sqlite3 """
    CREATE TABLE things (id TEXT PRIMARY KEY, uuid TEXT, flag INTEGER, amount DECIMAL, ratio NUMERIC, bytes BLOB,
      day TEXT, clock TEXT, clock_usec TEXT, naive TEXT, naive_usec TEXT, utc TEXT, utc_usec TEXT,
      map TEXT, counts TEXT, tags TEXT, kind TEXT)
    """

    defp store(column, value) do
      [[id]] =
        rows("INSERT INTO things (id, #{column}) VALUES (?1, ?2) RETURNING id", [
          Ecto.UUID.generate(),
          value
        ])

      id
    end

    defp read(column, value), do: Map.fetch!(Repo.get!(Thing, store(column, value)), column)

    for {package, table} <- [old: @old, sqlite3: @sqlite3] do
      describe "#{package}:" do
        setup do
          execute(unquote(table))
        end

        test "booleans are read and written" do
          assert read(:flag, 1) == true
          assert read(:flag, 0) == false
          assert read(:flag, nil) == nil
          store(:flag, 1)
          assert Repo.aggregate(from(t in Thing, where: t.flag == true), :count) == 2
        end

        test "decimals have the digits that the column's affinity has kept" do
          assert Decimal.equal?(read(:amount, "12.50"), "12.5")
          assert Decimal.equal?(read(:amount, "7"), 7)
          assert Decimal.equal?(read(:amount, "-0.001"), "-0.001")

          query =
            from(t in Thing,
              where: t.amount > ^Decimal.new("7.5") and t.amount == ^Decimal.new("12.5")
            )

          assert Repo.aggregate(query, :count) == 1
          assert [a, b, c] = Repo.all(from(t in Thing, order_by: t.amount, select: t.amount))
          assert Enum.map([a, b, c], &Decimal.to_float/1) == [-0.001, 7.0, 12.5]
        end

        test "floats are read, integers among them" do
          assert read(:ratio, 1.5) == 1.5
          assert read(:ratio, 2) == 2.0
          assert Repo.aggregate(from(t in Thing, where: t.ratio == 2.0), :count) == 1
        end

        test "binaries are read from texts and blobs" do
          assert read(:bytes, {:blob, <<0, 255>>}) == <<0, 255>>
          assert read(:bytes, "valid UTF-8") == "valid UTF-8"
        end

        test "dates and times are read" do
          assert read(:day, "2024-02-29") == ~D[2024-02-29]
          assert read(:clock, "23:59:59") == ~T[23:59:59]
          assert read(:clock_usec, "23:59:59.000001") == ~T[23:59:59.000001]
          assert Repo.aggregate(from(t in Thing, where: t.day == ^~D[2024-02-29]), :count) == 1
          assert Repo.aggregate(from(t in Thing, where: t.clock < ^~T[23:59:59]), :count) == 0
        end

        test "datetimes are read with T or a space, with Z or without" do
          for text <- ["2024-02-29T01:02:03", "2024-02-29 01:02:03"] do
            assert read(:naive, text) == ~N[2024-02-29 01:02:03]
            assert read(:utc, text) == ~U[2024-02-29 01:02:03Z]
          end

          for text <- ["2024-02-29T01:02:03Z", "2024-02-29 01:02:03Z", "2024-02-29T03:02:03+02:00"] do
            assert read(:utc, text) == ~U[2024-02-29 01:02:03Z]
          end

          assert read(:naive_usec, "2024-02-29T01:02:03.000004") == ~N[2024-02-29 01:02:03.000004]
          assert read(:utc_usec, "2024-02-29T01:02:03.000004Z") == ~U[2024-02-29 01:02:03.000004Z]
          assert read(:utc_usec, "2024-02-29 01:02:03.000004") == ~U[2024-02-29 01:02:03.000004Z]
        end

        test "datetimes with T are compared as texts" do
          store(:naive, "2024-02-29T01:02:03")
          store(:utc, "2024-02-29T01:02:03Z")

          assert Repo.aggregate(
                   from(t in Thing, where: t.naive == ^~N[2024-02-29 01:02:03]),
                   :count
                 ) == 1

          assert Repo.aggregate(from(t in Thing, where: t.utc == ^~U[2024-02-29 01:02:03Z]), :count) ==
                   1

          assert Repo.aggregate(from(t in Thing, where: t.utc > ^~U[2024-02-29 01:02:02Z]), :count) ==
                   1
        end

        test "maps and arrays are read from JSON" do
          assert read(:map, ~s({"a": [1, null]})) == %{"a" => [1, nil]}
          assert read(:counts, ~s({"a": 1})) == %{"a" => 1}
          assert read(:tags, ~s(["x","y"])) == ["x", "y"]
          assert Repo.all(from(t in Thing, where: "y" in t.tags, select: t.tags)) == [["x", "y"]]
          assert Repo.all(from(t in Thing, where: not is_nil(t.map), select: t.map["a"][0])) == [1]
        end

        test "enumerations are read" do
          assert read(:kind, "b") == :b
        end

        test "ids are found as texts" do
          execute("INSERT INTO things (id) VALUES ('#{@id}')")
          assert Repo.get(Thing, @id).id == @id
        end

        test "UUIDs are read from texts, and from bytes in blobs and texts" do
          assert read(:uuid, @id) == @id
          assert read(:uuid, {:blob, @raw}) == @id
          assert read(:uuid, @text_raw) == @text_id
        end
      end
    end

    describe "old, with options:" do
      setup do
        execute(@old)
      end

      # UUIDs are 16 bytes there, though the column is TEXT: a blob, or a text where the bytes are UTF-8.
      test "UUIDs are found with uuid_type: :binary" do
        store(:uuid, {:blob, @raw})
        query = from(t in Thing, where: t.uuid == ^@id, select: t.uuid)
        assert Repo.all(query) == []
        configure(uuid_type: :binary)
        assert Repo.all(query) == [@id]
      end

      test "UUIDs in texts are found after they are made blobs" do
        configure(uuid_type: :binary)
        raws = [@text_raw, "ééééabcdefgh"]
        for raw <- raws, do: store(:uuid, raw)

        found = fn ->
          for raw <- raws do
            Repo.all(from(t in Thing, where: t.uuid == ^Ecto.UUID.load!(raw), select: t.uuid))
          end
        end

        assert found.() == [[], []]

        execute(
          "UPDATE things SET uuid = CAST(uuid AS BLOB) WHERE typeof(uuid) = 'text' AND octet_length(uuid) = 16"
        )

        assert found.() == for(raw <- raws, do: [Ecto.UUID.load!(raw)])
      end

      test "UUIDs are found by default after they are made texts" do
        store(:uuid, {:blob, @raw})
        store(:uuid, @text_raw)

        execute("""
        UPDATE things SET uuid = lower(format('%s-%s-%s-%s-%s', substr(hex(uuid), 1, 8), substr(hex(uuid), 9, 4),
          substr(hex(uuid), 13, 4), substr(hex(uuid), 17, 4), substr(hex(uuid), 21))) WHERE octet_length(uuid) = 16
        """)

        for id <- [@id, @text_id],
            do: assert(Repo.all(from(t in Thing, where: t.uuid == ^id, select: t.uuid)) == [id])
      end
    end

    describe "sqlite3, with options:" do
      # There an id of 16 bytes is bound as a text, whatever its bytes are, in a column of type BLOB.
      test "ids of 16 bytes are found with binary_id_type and uuid_type :binary" do
        configure(binary_id_type: :binary)
        configure(uuid_type: :binary)
        sqlite3_with_blobs()
        ids = for raw <- raw_ids(), do: stored_as_text(raw)
        assert rows("SELECT DISTINCT typeof(id), typeof(uuid) FROM things") == [["text", "text"]]
        assert Enum.sort(Repo.all(from(t in Thing, select: t.uuid))) == Enum.sort(ids)
        for id <- ids, do: refute(Repo.get(Thing, id))

        for column <- ~w(id uuid) do
          execute(
            "UPDATE things SET #{column} = CAST(#{column} AS BLOB) " <>
              "WHERE typeof(#{column}) = 'text' AND octet_length(#{column}) = 16"
          )
        end

        for id <- ids do
          assert %{id: ^id, uuid: ^id} = Repo.get(Thing, id)
          assert %{id: ^id} = Repo.get_by(Thing, uuid: id)
        end

        written = Repo.insert!(%Thing{uuid: @id})
        assert rows("SELECT DISTINCT typeof(id), typeof(uuid) FROM things") == [["blob", "blob"]]
        assert Repo.reload!(written).uuid == @id
      end

      test "ids of 16 bytes are found by default after they are made texts" do
        sqlite3_with_blobs()
        ids = for raw <- raw_ids(), do: stored_as_text(raw)

        for column <- ~w(id uuid) do
          execute("""
          UPDATE things SET #{column} = lower(format('%s-%s-%s-%s-%s', substr(hex(#{column}), 1, 8),
            substr(hex(#{column}), 9, 4), substr(hex(#{column}), 13, 4), substr(hex(#{column}), 17, 4),
            substr(hex(#{column}), 21))) WHERE octet_length(#{column}) = 16
          """)
        end

        for id <- ids, do: assert(%{id: ^id, uuid: ^id} = Repo.get(Thing, id))
      end

      # No UTF-8, a NUL, characters of several bytes.
      defp raw_ids, do: [@raw, @text_raw, <<0, 255, 0::112>>, "ééééabcdefgh"]

      defp stored_as_text(raw) do
        insert = "INSERT INTO things (id, uuid) VALUES (CAST(?1 AS TEXT), CAST(?1 AS TEXT))"
        rows(insert, [{:blob, raw}])
        Ecto.UUID.load!(raw)
      end

      defp sqlite3_with_blobs do
        execute(
          String.replace(
            @sqlite3,
            "id TEXT PRIMARY KEY, uuid TEXT",
            "id BLOB PRIMARY KEY, uuid BLOB"
          )
        )
      end

      test "datetimes with a space are found with datetime_type :text_datetime" do
        execute(@sqlite3)
        store(:naive, "2024-02-29 01:02:03")
        store(:utc, "2024-02-29 01:02:03")
        naive = from(t in Thing, where: t.naive == ^~N[2024-02-29 01:02:03])
        utc = from(t in Thing, where: t.utc == ^~U[2024-02-29 01:02:03Z])
        assert Repo.aggregate(naive, :count) == 0
        configure(datetime_type: :text_datetime)
        assert Repo.aggregate(naive, :count) == 1
        assert Repo.aggregate(utc, :count) == 1
        Repo.insert!(%Thing{naive: ~N[2024-02-29 01:02:03], utc: ~U[2024-02-29 01:02:03Z]})
        assert Repo.aggregate(naive, :count) == 2
        assert Repo.aggregate(utc, :count) == 2
      end

      # There it is JSON text in a column of type BLOB.
      test "maps and arrays are JSONB with map_type and array_type :binary" do
        configure(map_type: :binary)
        configure(array_type: :binary)

        execute(
          String.replace(
            @sqlite3,
            "map TEXT, counts TEXT, tags TEXT",
            "map BLOB, counts BLOB, tags BLOB"
          )
        )

        assert read(:map, ~s({"a":1})) == %{"a" => 1}
        assert read(:tags, {:blob, ~s(["x"])}) == ["x"]

        %{id: id} =
          Repo.insert!(%Thing{map: %{"a" => %{"b" => 2}}, counts: %{"c" => 3}, tags: ["y", "z"]})

        assert rows(
                 "SELECT typeof(map), json(map), json_valid(counts, 8), json(tags) FROM things WHERE id = ?1",
                 [id]
               ) ==
                 [["blob", ~s({"a":{"b":2}}), 1, ~s(["y","z"])]]

        assert %{map: %{"a" => %{"b" => 2}}, counts: %{"c" => 3}, tags: ["y", "z"]} =
                 Repo.get!(Thing, id)

        assert [^id] = Repo.all(from(t in Thing, where: "z" in t.tags, select: t.id))
        assert [^id] = Repo.all(from(t in Thing, where: t.tags == ["y", "z"], select: t.id))
        # Ecto hands lists of literals over as arrays.
        store(:bytes, {:blob, "abc"})
        store(:ratio, 1.5)
        assert Repo.aggregate(from(t in Thing, where: t.bytes in ["abc", "d"]), :count) == 1
        assert Repo.aggregate(from(t in Thing, where: t.ratio in [1.5, 2.0]), :count) == 1
        assert [2] = Repo.all(from(t in Thing, where: t.id == ^id, select: t.map["a"]["b"]))
        Repo.update_all(from(t in Thing, where: t.id == ^id), push: [tags: "w"])
        assert Repo.get!(Thing, id).tags == ["y", "z", "w"]
        assert rows("SELECT typeof(tags) FROM things WHERE id = ?1", [id]) == [["blob"]]
        Repo.update_all(from(t in Thing, where: t.id == ^id), pull: [tags: "z"])
        assert Repo.get!(Thing, id).tags == ["y", "w"]
        assert rows("SELECT typeof(tags) FROM things WHERE id = ?1", [id]) == [["blob"]]
      end

      test "booleans are read from texts" do
        execute(@sqlite3 |> String.replace("flag INTEGER", "flag TEXT"))

        for {text, value} <- [{"1", true}, {"0", false}, {"TRUE", true}, {"FALSE", false}],
            do: assert(read(:flag, text) == value)
      end
    end

    test "defaults of a migration are stored as values are" do
      for {option, value, default, sql} <- [
            {:datetime_type, :text_datetime, ~U[2024-02-29 01:02:03Z], "'2024-02-29 01:02:03'"},
            {:datetime_type, :text_datetime, ~N[2024-02-29 01:02:03.5], "'2024-02-29 01:02:03.5'"},
            {:datetime_type, :iso8601, ~U[2024-02-29 01:02:03Z], "'2024-02-29T01:02:03Z'"},
            {:map_type, :binary, %{}, "x'0c'"},
            {:array_type, :binary, [], "x'0b'"}
          ] do
        Application.put_env(:ecto_libsql, option, value)

        {:create, %Ecto.Migration.Table{name: "t"}, [{:add, :c, :any, [default: default]}]}
        |> Ecto.Adapters.LibSql.Connection.execute_ddl()
        |> IO.iodata_to_binary()
        |> then(&assert &1 =~ "DEFAULT " <> sql)

        Application.delete_env(:ecto_libsql, option)
      end
    end

    test "columns of a migration follow the options" do
      for {option, type} <- [
            binary_id_type: :binary_id,
            uuid_type: :uuid,
            map_type: :map,
            map_type: {:map, :integer},
            array_type: {:array, :map}
          ] do
        assert Ecto.Adapters.LibSql.ColumnType.name(type) == "TEXT"
        Application.put_env(:ecto_libsql, option, :binary)
        assert Ecto.Adapters.LibSql.ColumnType.name(type) == "BLOB"
        Application.delete_env(:ecto_libsql, option)
      end
    end

    test "an option with a wrong value is an error that names it" do
      execute(@sqlite3)

      for {option, field} <- [
            binary_id_type: [id: @id],
            uuid_type: [uuid: @id],
            map_type: [map: %{}],
            array_type: [tags: []],
            datetime_type: [naive: ~N[2024-02-29 01:02:03]]
          ] do
        Application.put_env(:ecto_libsql, option, :wrong)

        assert_raise ArgumentError, ~r/#{option}: must be one of .*, got: :wrong/, fn ->
          Repo.insert(struct(Thing, field))
        end

        Application.delete_env(:ecto_libsql, option)
      end
    end
  end
end
