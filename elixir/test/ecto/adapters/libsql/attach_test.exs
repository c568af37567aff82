if Code.ensure_loaded?(Ecto.Adapters.SQL), do: Code.require_file("repo_case.exs", __DIR__)

if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.AttachTest do
    @moduledoc "The option `:attach` of a repository: its databases are prefixes."

    use Ecto.Adapters.LibSql.RepoCase
    @moduletag :local_file
    @moduletag repo: false

    alias Ecto.Adapters.SQL.Sandbox

    defschema(Author, "authors", name: :string, price: :decimal) do
      has_many(:books, Ecto.Adapters.LibSql.AttachTest.Book)
    end

    defmodule Book do
      use Ecto.Schema
      @schema_prefix "tenant"

      schema "books" do
        field(:title, :string)
        belongs_to(:author, Author)
      end
    end

    defmodule Tables do
      use Ecto.Migration

      def change do
        create table(:authors, prefix: "tenant") do
          add(:name, :string)
          add(:price, :decimal)
        end

        create(unique_index(:authors, [:name], prefix: "tenant"))

        create table(:books, prefix: "tenant") do
          add(:title, :string)
          add(:author_id, references(:authors, on_delete: :delete_all))
        end
      end
    end

    defmodule Changes do
      use Ecto.Migration

      def up do
        alter table(:books, prefix: "tenant") do
          modify(:title, :text, null: false)
          add_if_not_exists(:pages, :integer)
          remove_if_exists(:isbn, :text)
        end

        create(constraint(:books, :some, check: "pages > 0", prefix: "tenant"))
        rename(index(:authors, [:name], prefix: "tenant"), to: "renamed")
        create(table(:gone, prefix: "tenant"))
        drop(table(:gone, prefix: "tenant"))
      end

      def down do
        rename(index(:authors, [:name], name: "renamed", prefix: "tenant"), to: "authors_name_index")

        drop(constraint(:books, :some, prefix: "tenant"))
        alter(table(:books, prefix: "tenant"), do: remove(:pages))
      end
    end

    defmodule Plain do
      use Ecto.Migration
      def change, do: create(table(:plain))
    end

    setup %{database: database} do
      {:ok, tenant: database <> "_tenant"}
    end

    defp up(migration, version, options \\ []) do
      options = [log: false, dynamic_repo: Repo.get_dynamic_repo()] ++ options
      Ecto.Migrator.up(Repo, version, migration, options)
    end

    defp down(migration, version) do
      Ecto.Migrator.down(Repo, version, migration,
        log: false,
        dynamic_repo: Repo.get_dynamic_repo()
      )
    end

    test "the databases are attached on each connection of a pool", %{
      database: database,
      tenant: tenant
    } do
      repo = start_repo(database, attach: [tenant: tenant], pool_size: 5)
      assert up(Tables, 1) == :ok

      1..50
      |> Task.async_stream(
        fn n ->
          Repo.put_dynamic_repo(repo)
          author = Repo.insert!(%Author{name: "a#{n}"}, prefix: "tenant")
          Repo.insert!(%Book{title: "b#{n}", author_id: author.id})
          # Several have a connection at the same time.
          Repo.checkout(fn -> Process.sleep(5) end)
        end,
        max_concurrency: 5,
        timeout: 60_000
      )
      |> Stream.run()

      assert Repo.aggregate(Book, :count) == 50

      assert [%Author{books: [%Book{title: "b7"}]}] =
               Author
               |> where(name: "a7")
               |> put_query_prefix("tenant")
               |> preload(:books)
               |> Repo.all()

      query =
        from(b in Book, join: a in assoc(b, :author), prefix: "tenant", select: {a.name, b.title})

      assert {"a1", "b1"} in Repo.all(query)
      assert Repo.delete_all(Author, prefix: "tenant") == {50, nil}
      assert Repo.aggregate(Book, :count) == 0

      # A name without a prefix is looked for in all of them.
      assert Repo.all(Author) == []

      assert_raise EctoLibSql.Error, ~r/no such table: main.authors/, fn ->
        Repo.all(Author, prefix: "main")
      end
    end

    test "constraints and decimals are those of the prefix", %{database: database, tenant: tenant} do
      start_repo(database, attach: [tenant: tenant])
      assert up(Tables, 1) == :ok
      wide = Decimal.new("1.00000000000000000001")

      insert = fn changes, prefix ->
        %Author{}
        |> Ecto.Changeset.change(changes)
        |> Ecto.Changeset.unique_constraint(:name)
        |> Repo.insert(prefix: prefix)
      end

      assert {:ok, _} = insert.(%{name: "a"}, "tenant")

      assert {:error, %{errors: [name: {_, [constraint: :unique] ++ _}]}} =
               insert.(%{name: "a"}, "tenant")

      assert_raise ArgumentError, ~r/15 digits/, fn -> insert.(%{price: wide}, "tenant") end

      assert {:error, %{errors: [author: _]}} =
               %Book{}
               |> Ecto.Changeset.change(author_id: 9)
               |> Ecto.Changeset.foreign_key_constraint(:author)
               |> Ecto.Changeset.assoc_constraint(:author)
               |> Repo.insert()
    end

    test "migrations run on its tables, and with a table of migrations of its own", %{
      database: database,
      tenant: tenant
    } do
      start_repo(database, attach: [tenant: tenant])
      assert up(Tables, 1) == :ok
      assert up(Changes, 2) == :ok
      assert rows("SELECT name FROM tenant.pragma_table_info('books')") != []

      assert_raise EctoLibSql.Error, ~r/CHECK constraint failed: some/, fn ->
        Repo.insert_all("books", [[title: "x", pages: 0]], prefix: "tenant")
      end

      assert down(Changes, 2) == :ok
      assert down(Tables, 1) == :ok

      assert rows("SELECT name FROM tenant.sqlite_schema WHERE type = 'table'") == [
               ["sqlite_sequence"]
             ]

      assert up(Plain, 3, prefix: "tenant") == :ok
      assert rows("SELECT version FROM tenant.schema_migrations") == [[3]]
      assert rows("SELECT name FROM tenant.sqlite_schema WHERE name = 'plain'") == [["plain"]]
      assert rows("SELECT name FROM main.sqlite_schema WHERE name = 'plain'") == []
    end

    test "a migration waits for a process that writes to the prefix", %{
      database: database,
      tenant: tenant
    } do
      repo = start_repo(database, attach: [tenant: tenant])
      assert up(Tables, 1) == :ok
      {:ok, other} = EctoLibSql.connect(database: tenant)
      {:ok, _, other} = EctoLibSql.handle_begin([mode: :immediate], other)

      {:ok, _, _, other} =
        EctoLibSql.handle_execute("INSERT INTO authors (name) VALUES ('x')", [], [], other)

      migration =
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)
          up(Changes, 2)
        end)

      assert Task.yield(migration, 300) == nil
      {:ok, _, other} = EctoLibSql.handle_commit([], other)
      assert Task.await(migration, 60_000) == :ok
      EctoLibSql.disconnect(:done, other)
      assert rows("SELECT name FROM tenant.authors") == [["x"]]
    end

    test "the sandbox undoes writes to both databases", %{database: database, tenant: tenant} do
      repo = start_repo(database, attach: [tenant: tenant])
      assert up(Tables, 1) == :ok
      Supervisor.stop(repo)
      repo = start_repo(database, attach: [tenant: tenant], pool: Sandbox)
      Sandbox.mode(repo, :manual)
      :ok = Sandbox.checkout(repo)
      author = Repo.insert!(%Author{name: "a"}, prefix: "tenant")
      Repo.insert!(%Book{title: "b", author_id: author.id})
      Repo.query!("CREATE TABLE here (x)")

      assert {:error, :undone} =
               Repo.transaction(fn ->
                 Repo.insert!(%Book{title: "c"})
                 Repo.rollback(:undone)
               end)

      assert Repo.aggregate(Book, :count) == 1
      Sandbox.checkin(repo)
      :ok = Sandbox.checkout(repo)
      assert Repo.aggregate(Book, :count) == 0
      assert rows("SELECT name FROM sqlite_schema WHERE name = 'here'") == []
    end

    test "storage_up makes the folders, and storage_down removes nothing but the database",
         context do
      attached = Path.join([Path.dirname(context.database), "tenants", "one.db"])
      options = [database: context.database, attach: [tenant: [database: attached]]]
      assert Ecto.Adapters.LibSql.storage_up(options) == :ok
      assert File.exists?(attached)
      assert Ecto.Adapters.LibSql.storage_down(options) == :ok
      assert File.exists?(attached)
    end

    test "the databases may be in memory" do
      start_repo(":memory:", database: ":memory:", pool_size: 1, attach: [tenant: ":memory:"])
      execute("CREATE TABLE tenant.t (x)")
    end
  end
end
