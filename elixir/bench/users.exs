defmodule Bench.Users do
  @moduledoc "The table of all workloads, that of the C++ bench, and its made-up but fixed content."

  @count 100_000
  @columns ~w(name email age score)a

  def count, do: @count
  def columns, do: @columns

  def create do
    "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, age INTEGER, score REAL)"
  end

  def select_one, do: "SELECT id, name, email, age, score FROM users WHERE id = ?"
  def select_all, do: "SELECT id, name, email, age, score FROM users"
  def insert, do: "INSERT INTO users (id, name, email, age, score) VALUES (?, ?, ?, ?, ?)"

  @doc "One statement that inserts so many rows of three columns: as many arguments as SQLite takes."
  def insert_many(rows) do
    "INSERT INTO users (name, age, score) VALUES " <>
      Enum.map_join(1..rows, ", ", fn _ -> "(?, ?, ?)" end)
  end

  def row(id), do: [id, "user number #{id}", "user#{id}@example.org", rem(id, 90), id * 0.5]

  def fields(id) do
    [_, name, email, age, score] = row(id)
    %{name: name, email: email, age: age, score: score}
  end

  @doc "Keys in an order that is not that of the table; the same for everyone."
  def scattered_key(i), do: rem(i * 7919, @count) + 1

  @doc "What both sides are opened with."
  def settings(file) do
    [
      database: file,
      journal_mode: :wal,
      synchronous: :normal,
      cache_size: -64_000,
      busy_timeout: 2000,
      foreign_keys: :on,
      temp_store: :memory
    ]
  end

  @doc "What has to be the same on both sides."
  def pragmas,
    do:
      ~w(journal_mode synchronous cache_size page_size foreign_keys mmap_size wal_autocheckpoint temp_store)
end
