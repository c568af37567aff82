if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  Code.require_file("sql_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.DDLTest do
    use Ecto.Adapters.LibSql.SqlCase, async: true

    alias Ecto.Adapters.LibSql.DDL
    alias Ecto.Migration.{Constraint, Index, Reference, Table}

    @table %Table{name: "posts"}

    defp create(columns, table \\ @table), do: ddl({:create, table, columns})
    defp column(type, opts), do: body(create([{:add, :c, type, opts}]))

    defp body([sql]) do
      [_, body] = Regex.run(~r/^CREATE TABLE "posts" \((.*)\)$/, sql)
      body
    end

    defp reference(opts), do: struct!(%Reference{table: "users"}, opts)

    test "tables are created, dropped and renamed" do
      id = [{:add, :id, :bigserial, [primary_key: true]}]

      assert create(id) == [~S|CREATE TABLE "posts" ("id" INTEGER PRIMARY KEY AUTOINCREMENT)|]

      assert ddl({:create_if_not_exists, %{@table | prefix: "aux", comment: "none"}, id}) ==
               [
                 ~S|CREATE TABLE IF NOT EXISTS "aux"."posts" ("id" INTEGER PRIMARY KEY AUTOINCREMENT)|
               ]

      assert ddl({:drop, @table, :restrict}) == [{:drop_table, "posts", ~S|DROP TABLE "posts"|}]

      assert ddl({:drop_if_exists, @table, :restrict}) ==
               [{:drop_table, "posts", ~S|DROP TABLE IF EXISTS "posts"|}]

      assert ddl({:rename, @table, %Table{name: "texts"}}) ==
               [~S|ALTER TABLE "posts" RENAME TO "texts"|]

      assert ddl({:rename, @table, :a, :b}) == [~S|ALTER TABLE "posts" RENAME COLUMN "a" TO "b"|]
    end

    test "each type has a column type" do
      types = [
        id: "INTEGER",
        integer: "INTEGER",
        bigint: "INTEGER",
        boolean: "INTEGER",
        float: "REAL",
        decimal: "DECIMAL",
        string: "TEXT",
        text: "TEXT",
        date: "DATE",
        time_usec: "TIME",
        utc_datetime_usec: "DATETIME",
        duration: "TEXT",
        binary: "BLOB",
        bitstring: "BLOB",
        uuid: "TEXT",
        binary_id: "TEXT",
        map: "TEXT",
        "f32_blob(3)": "F32_BLOB(3)"
      ]

      for {type, sql} <- types, do: assert(column(type, []) == ~s|"c" #{sql}|)
      assert column({:array, :string}, []) == ~S|"c" TEXT|
      assert column({:map, :float}, []) == ~S|"c" TEXT|
      assert column(:string, size: 40) == ~S|"c" TEXT|
      assert column(:decimal, precision: 10, scale: 2) == ~S|"c" DECIMAL|
    end

    test "each option of a column has its SQL" do
      assert column(:string, null: false, unique: true) == ~S|"c" TEXT NOT NULL UNIQUE|
      assert column(:string, collation: "nocase") == ~S|"c" TEXT COLLATE "nocase"|
      assert column(:string, primary_key: true) == ~S|"c" TEXT PRIMARY KEY NOT NULL|
      assert column(:integer, primary_key: true) == ~S|"c" INTEGER PRIMARY KEY|

      assert column(:integer, check: "c > 0") ==
               ~S|"c" INTEGER CONSTRAINT "posts_c_check" CHECK (c > 0)|

      assert column(:integer, check: %{name: "pos", expr: "c > 0"}) ==
               ~S|"c" INTEGER CONSTRAINT "pos" CHECK (c > 0)|

      assert column(:integer, generated: "ALWAYS AS (a * 2) STORED") ==
               ~S|"c" INTEGER GENERATED ALWAYS AS (a * 2) STORED|

      assert column(:integer, generated: "a * 2") == ~S|"c" INTEGER GENERATED ALWAYS AS (a * 2)|

      assert column(:integer, generated: "a * 2", stored: true) ==
               ~S|"c" INTEGER GENERATED ALWAYS AS (a * 2) STORED|
    end

    test "a default is written as a field of its type is stored" do
      default = fn type, value -> column(type, default: value) end

      assert default.(:string, "it's") == ~S|"c" TEXT DEFAULT 'it''s'|
      assert default.(:string, nil) == ~S|"c" TEXT|
      assert default.(:string, :null) == ~S|"c" TEXT|
      assert default.(:boolean, true) == ~S|"c" INTEGER DEFAULT 1|
      assert default.(:float, 1.5) == ~S|"c" REAL DEFAULT 1.5|
      assert default.(:decimal, Decimal.new("1.50")) == ~S|"c" DECIMAL DEFAULT '1.50'|
      assert default.(:binary, "ab") == ~S|"c" BLOB DEFAULT x'6162'|
      assert default.(:date, ~D[2020-01-02]) == ~S|"c" DATE DEFAULT '2020-01-02'|
      assert default.({:array, :string}, []) == ~S|"c" TEXT DEFAULT '[]'|
      assert default.(:map, %{a: 1}) == ~S|"c" TEXT DEFAULT '{"a":1}'|

      assert default.(:string, {:fragment, "datetime('now')"}) ==
               ~S|"c" TEXT DEFAULT (datetime('now'))|

      # In brackets a word would be the name of a column, and no default.
      for word <- ~w(CURRENT_TIMESTAMP expr),
          do: assert(default.(:string, {:fragment, word}) == ~s|"c" TEXT DEFAULT #{word}|)

      for {value, why} <- [
            {{1, 2}, "Unsupported default value type in migration: {1, 2}"},
            {:other, "Unsupported default value type in migration: :other"},
            {%{a: self()}, "Failed to JSON encode map default value in migration"},
            {[self()], "Failed to JSON encode list default value in migration"}
          ] do
        log = ExUnit.CaptureLog.capture_log(fn -> assert default.(:any, value) == ~S|"c" ANY| end)
        assert log =~ why
        assert log =~ "The column c is created without a default"
      end
    end

    test "a primary key may have several columns" do
      assert body(
               create([
                 {:add, :a, :integer, [primary_key: true]},
                 {:add, :b, :string, [primary_key: true]}
               ])
             ) == ~S|"a" INTEGER NOT NULL, "b" TEXT NOT NULL, PRIMARY KEY ("a", "b")|

      assert body(
               create([
                 {:add, :a, :integer, [primary_key: true, null: true]},
                 {:add, :b, :string, [primary_key: true, null: false]}
               ])
             ) == ~S|"a" INTEGER, "b" TEXT NOT NULL, PRIMARY KEY ("a", "b")|

      assert column(:string, primary_key: true, null: true) == ~S|"c" TEXT PRIMARY KEY|
    end

    test "a reference becomes a foreign key with its actions" do
      fk = ~S|"c" INTEGER REFERENCES "users"("id")|

      assert column(reference([]), []) == fk
      assert column(reference(validate: false), []) == fk
      assert column(reference(on_delete: :delete_all), []) == fk <> " ON DELETE CASCADE"
      assert column(reference(on_delete: :nilify_all), []) == fk <> " ON DELETE SET NULL"
      assert column(reference(on_delete: :default_all), []) == fk <> " ON DELETE SET DEFAULT"
      assert column(reference(on_delete: :restrict), []) == fk <> " ON DELETE RESTRICT"
      assert column(reference(on_update: :update_all), []) == fk <> " ON UPDATE CASCADE"
      assert column(reference(on_delete: {:nilify, [:c]}), []) == fk <> " ON DELETE SET NULL"
      assert column(reference(on_delete: {:default, [:c]}), []) == fk <> " ON DELETE SET DEFAULT"

      assert column(reference(with: [t: :tenant], on_delete: {:nilify, [:t, :c]}), []) =~
               ~r/ON DELETE SET NULL\z/

      assert column(reference(on_update: :nilify_all), []) == fk <> " ON UPDATE SET NULL"
      assert column(reference(on_update: :restrict), []) == fk <> " ON UPDATE RESTRICT"

      assert column(reference(name: :mine, type: :binary_id, column: :uuid), null: false) ==
               ~S|"c" TEXT CONSTRAINT "mine" REFERENCES "users"("uuid") NOT NULL|

      assert column(reference(options: [deferrable: :initially_deferred]), []) ==
               fk <> " DEFERRABLE INITIALLY DEFERRED"

      assert column(reference(with: [t: :tenant], match: :simple), []) ==
               ~S|"c" INTEGER, CONSTRAINT "posts_c_fkey" FOREIGN KEY ("c", "t") | <>
                 ~S|REFERENCES "users"("id", "tenant")|

      for {opts, word} <- [
            {[on_delete: {:nilify, [:d]}], "on_delete: {:nilify, [:d]} for the key [:c]"},
            {[on_delete: {:nilify, [:c]}, with: [t: :tenant]], "for the key [:c, :t]"},
            {[on_delete: {:default, [:t]}, with: [t: :tenant]], "default"},
            {[prefix: "other"], "another database"},
            {[with: [a: :b], match: :full], "match: :full"}
          ] do
        error = assert_raise ArgumentError, fn -> column(reference(opts), []) end
        assert error.message =~ word
      end
    end

    test "the options of a table stand behind it" do
      with_options = fn options ->
        id = [{:add, :id, :id, [primary_key: true]}, {:add, :d, :decimal, []}]
        id = if options == [rtree: true], do: id ++ [{:add, :"e f", :float, []}], else: id
        hd(create(id, %{@table | options: options}))
      end

      assert with_options.("STRICT, WITHOUT ROWID") ==
               ~S|CREATE TABLE "posts" ("id" INTEGER PRIMARY KEY, "d" TEXT) STRICT, WITHOUT ROWID|

      assert with_options.(strict: true) ==
               ~S|CREATE TABLE "posts" ("id" INTEGER PRIMARY KEY, "d" TEXT) STRICT|

      assert with_options.(random_rowid: true) ==
               ~S|CREATE TABLE "posts" ("id" INTEGER PRIMARY KEY, "d" DECIMAL) RANDOM ROWID|

      assert with_options.(rtree: true) ==
               ~S|CREATE VIRTUAL TABLE "posts" USING rtree(id, d, "e f")|

      for bad <-
            [[foo: true], [strict: 1], [rtree: true, strict: true]] ++
              [[without_rowid: true, random_rowid: true]] do
        assert_raise ArgumentError, fn -> with_options.(bad) end
      end
    end

    test "alter becomes one statement for each change" do
      changes = [
        {:add, :a, :string, [default: "x"]},
        {:add, :c, reference(on_delete: :delete_all), []},
        {:remove, :d},
        {:remove, :e, :string, []},
        {:add_if_not_exists, :f, :integer, []},
        {:remove_if_exists, :g},
        {:remove_if_exists, :h, :string}
      ]

      alter = ~S|ALTER TABLE "posts" |
      remove = &{:remove_column, "posts", &1, [alter <> ~s|DROP COLUMN "#{&1}"|]}

      assert ddl({:alter, @table, changes}) == [
               alter <> ~S|ADD COLUMN "a" TEXT DEFAULT 'x'|,
               alter <>
                 ~S|ADD COLUMN "c" INTEGER | <>
                 ~S|REFERENCES "users"("id") ON DELETE CASCADE|,
               remove.(:d),
               remove.(:e),
               {:unless_column, nil, "posts", :f, [alter <> ~S|ADD COLUMN "f" INTEGER|]},
               {:if_column, nil, "posts", :g, [remove.(:g)]},
               {:if_column, nil, "posts", :h, [remove.(:h)]}
             ]

      assert {_, ["posts", "main", "f"]} = DDL.column_exists_query({nil, "posts", :f})
    end

    test "a change that ALTER TABLE cannot make rebuilds the table with all changes" do
      for change <- [
            {:modify, :b, :string, [null: false, from: :integer]},
            {:add, :b, :id, primary_key: true},
            {:add, :b, :string, unique: true},
            {:add, :b, :string, default: {:fragment, "upper('x')"}},
            {:add, :b, :string, generated: "ALWAYS AS (a) STORED"},
            {:add, :b, :string, generated: "a", stored: true},
            {:add_if_not_exists, :b, reference([]), default: 1},
            {:add, :b, reference(with: [a: :a]), []}
          ] do
        changes = [{:remove, :d}, change, {:add, :a, :string, []}]
        assert ddl({:alter, @table, changes}) == [{:rebuild, "posts", changes}]
      end

      constraint = %Constraint{table: "posts", name: "c", check: "a > 0"}
      added = {:add_constraint, ~S|CONSTRAINT "c" CHECK (a > 0)|}
      assert ddl({:create, constraint}) == [{:rebuild, "posts", [added]}]

      assert ddl({:drop, constraint, :restrict}) == [
               {:rebuild, "posts", [{:drop_constraint, "c", false}]}
             ]
    end

    test "indexes are created and dropped" do
      index = %Index{table: "posts", name: "i", columns: [:a, {:desc, :b}, "lower(c)"]}

      assert ddl({:create, index}) == [~S|CREATE INDEX "i" ON "posts" ("a", "b" DESC, lower(c))|]

      assert ddl({:create_if_not_exists, %{index | unique: true, where: "a > 0", prefix: "aux"}}) ==
               [
                 ~S|CREATE UNIQUE INDEX IF NOT EXISTS "aux"."i" ON "posts" ("a", "b" DESC, lower(c))| <>
                   " WHERE a > 0"
               ]

      assert ddl({:drop, index, :restrict}) == [~S|DROP INDEX "i"|]
      assert ddl({:drop_if_exists, index, :restrict}) == [~S|DROP INDEX IF EXISTS "i"|]
    end

    test "what SQLite lacks is refused by name" do
      index = %Index{table: "posts", name: "i", columns: [:a]}
      constraint = %Constraint{table: "posts", name: "c", check: "a > 0"}

      for {command, word} <- [
            {{:create, %{index | concurrently: true}}, ":concurrently"},
            {{:create, %{index | only: true}}, ":only"},
            {{:create, %{index | using: :gin}}, ":using"},
            {{:create, %{index | include: [:b]}}, ":include"},
            {{:create, %{index | nulls_distinct: false}}, "nulls_distinct"},
            {{:create, %{index | columns: [desc_nulls_first: :a]}}, "desc_nulls_first"},
            {{:create, %{constraint | check: nil, exclude: "gist"}},
             "exclusion constraints, such as c"},
            {{:create, %{constraint | validate: false}}, "validate: false"},
            {{:create, %{@table | engine: :innodb}, []}, ":engine"},
            {{:drop, constraint, :cascade}, ":cascade"},
            {{:drop, @table, :cascade}, ":cascade"},
            {{:create, @table, [{:add, :a, {:odd, 1}, []}]}, "{:odd, 1}"},
            {{:create, @table, [{:add, :a, :integer, [colour: 1]}]}, ":colour"},
            {[a: 1], "keyword lists"}
          ] do
        error = assert_raise ArgumentError, fn -> ddl(command) end
        assert error.message =~ word
      end
    end

    test "only serial primary keys get AUTOINCREMENT" do
      for {type, opts, counts} <- [
            {:bigserial, [], " AUTOINCREMENT"},
            {:serial, [], " AUTOINCREMENT"},
            {:identity, [], " AUTOINCREMENT"},
            {:id, [], ""},
            {:integer, [], ""},
            {:id, [autoincrement: true], " AUTOINCREMENT"}
          ] do
        assert column(type, [primary_key: true] ++ opts) == ~s|"c" INTEGER PRIMARY KEY#{counts}|
      end

      assert_raise ArgumentError, ~r/RANDOM ROWID and AUTOINCREMENT \(on column :c\)/, fn ->
        id = {:add, :c, :id, [primary_key: true, autoincrement: true]}
        create([id], %{@table | options: [random_rowid: true]})
      end
    end

    test "an R*Tree needs an id and pairs of columns" do
      for {names, why} <- [
            {[:a, :b, :c], "'id' as the first"},
            {[:id], "at least 3"},
            {[:id, :a, :b, :c], "an odd number"},
            {[:id | Enum.map(1..11, &:"c#{&1}")], "maximum 11"}
          ] do
        error =
          assert_raise ArgumentError, fn ->
            create(for(name <- names, do: {:add, name, :float, []}), %{
              @table
              | options: [rtree: true]
            })
          end

        assert error.message =~ why
      end
    end

    test "the callback gives plain SQL" do
      alter = ~S|ALTER TABLE "posts" |
      constraint = %Constraint{table: "posts", name: "c", check: "a > 0"}

      for {command, sql} <- [
            {{:drop, @table, :restrict}, [~S|DROP TABLE "posts"|]},
            {{:alter, @table, [{:remove, :a}, {:remove_if_exists, :b}]},
             [alter <> ~S|DROP COLUMN "a"|, alter <> ~S|DROP COLUMN "b"|]},
            {{:alter, @table, [{:add_if_not_exists, :a, :string, []}]},
             [alter <> ~S|ADD COLUMN "a" TEXT|]},
            {{:alter, @table, [{:modify, :a, :string, null: false}]},
             [alter <> ~S|ALTER COLUMN "a" TO "a" TEXT NOT NULL|]},
            {"SELECT 1", ["SELECT 1"]}
          ],
          do: assert(Connection.execute_ddl(command) == sql)

      for command <- [
            {:create, constraint},
            {:drop, constraint, :restrict},
            {:rename, %Index{table: "posts", name: "i"}, "j"}
          ],
          do: assert_raise(ArgumentError, fn -> Connection.execute_ddl(command) end)
    end

    test "SQL is left as it is" do
      assert ddl("SELECT 1") == ["SELECT 1"]
    end
  end
end
