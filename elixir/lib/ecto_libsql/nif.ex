defmodule EctoLibSql.Nif do
  @moduledoc false
  # The native functions (native/nif.cpp). On failure each returns `{:error, fields}`, whatever its arguments
  # were; `EctoLibSql.Error.from_native/1` turns the fields into an exception.

  @on_load :load

  @doc false
  def load do
    path = Application.app_dir(:ecto_libsql, "priv/ecto_libsql_nif")
    :erlang.load_nif(String.to_charlist(path), 0)
  end

  # connections
  def open(_settings, _pragmas, _extensions), do: missing()
  def close(_connection), do: missing()
  def interrupt(_connection), do: missing()
  def interrupts(_connection), do: missing()
  def ping(_connection, _timeout), do: missing()
  def reset(_connection), do: missing()

  # statements
  def run(_connection, _sql, _arguments, _timeout), do: missing()
  def run_script(_connection, _sql, _timeout), do: missing()
  def split_script(_sql), do: missing()
  def run_batch(_connection, _steps, _transactional, _timeout), do: missing()
  def prepare(_connection, _sql), do: missing()
  def run_statement(_connection, _statement, _arguments, _timeout), do: missing()
  def reset_statement(_connection, _statement), do: missing()
  def close_statement(_statement), do: missing()
  def describe(_connection, _statement), do: missing()

  # cursors
  def declare(_connection, _sql, _arguments, _timeout), do: missing()
  def fetch(_connection, _cursor, _most, _timeout), do: missing()
  def close_cursor(_connection, _cursor), do: missing()

  # transactions
  def begin(_connection, _mode, _timeout), do: missing()
  def commit(_connection, _timeout), do: missing()
  def rollback(_connection), do: missing()

  # information about a connection
  def last_insert_rowid(_connection), do: missing()
  def changes(_connection), do: missing()
  def total_changes(_connection), do: missing()
  def is_autocommit(_connection), do: missing()

  # replicas
  def sync(_connection, _timeout), do: missing()
  def sync_until(_connection, _frame, _timeout), do: missing()
  def frames(_connection), do: missing()
  def flush(_connection), do: missing()
  def freeze(_connection), do: missing()

  # hooks and extensions
  def set_update_hook(_connection, _pid), do: missing()
  def set_authorizer(_connection, _denied), do: missing()
  def enable_extensions(_connection, _enabled), do: missing()
  def load_extension(_connection, _path, _entry_point), do: missing()

  # whole databases
  def dump(_connection, _with_rows), do: missing()
  def load_dump(_connection, _sql, _timeout), do: missing()
  def serialize(_connection, _schema), do: missing()
  def deserialize(_connection, _schema, _bytes), do: missing()
  def back_up(_connection, _path, _key, _timeout), do: missing()

  defp missing, do: :erlang.nif_error(:native_part_not_loaded)
end
