defmodule EctoLibSql.State do
  @moduledoc """
  The state of a connection, which `EctoLibSql.connect/1` returns and every function of `EctoLibSql.Native` takes.

    * `:conn_id` - the connection, an opaque term. It is closed when the process that opened it ends.
    * `:trx_id` - the open transaction, an opaque term, or nil if there is none
    * `:mode` - `:local`, `:remote`, `:remote_replica`
    * `:sync` - `:enable_sync` or `:disable_sync`
  """

  defstruct [
    :conn_id,
    :trx_id,
    :mode,
    :sync,
    savepoints: 0,
    begin: :deferred,
    chunk_size: 500,
    before_disconnect: nil,
    # Whether the connection belongs to a pool, and the process whose SQL has begun a transaction on it.
    pooled: false,
    begun_by: nil
  ]

  @type t :: %__MODULE__{
          conn_id: reference | String.t() | nil,
          trx_id: term,
          mode: :local | :remote | :remote_replica | :unknown,
          sync: :enable_sync | :disable_sync
        }

  @doc """
  The mode that these options select.

      iex> EctoLibSql.State.detect_mode(database: "app.db")
      :local
      iex> EctoLibSql.State.detect_mode(uri: "libsql://x.turso.io", auth_token: "t")
      :remote
      iex> EctoLibSql.State.detect_mode(database: "app.db", uri: "libsql://x.turso.io")
      :remote_replica
      iex> EctoLibSql.State.detect_mode([])
      :unknown
  """
  @spec detect_mode(keyword) :: :local | :remote | :remote_replica | :unknown
  def detect_mode(opts) do
    case {opts[:database], opts[:uri]} do
      {nil, nil} -> :unknown
      {_, nil} -> :local
      {nil, _} -> :remote
      {_, _} -> :remote_replica
    end
  end

  @doc "Returns `:enable_sync`, or `:disable_sync` with `sync: false`."
  @spec detect_sync(keyword) :: :enable_sync | :disable_sync
  def detect_sync(opts), do: if(opts[:sync] == false, do: :disable_sync, else: :enable_sync)
end
