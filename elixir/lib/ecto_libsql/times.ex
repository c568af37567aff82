defmodule EctoLibSql.Times do
  @moduledoc false
  # The text in which datetimes are stored.

  @doc "The text of a datetime in UTC, in the format that `config :ecto_libsql, datetime_type:` sets."
  @spec text(DateTime.t() | NaiveDateTime.t()) :: String.t()
  def text(time) do
    case EctoLibSql.TypeOptions.get(:datetime_type) do
      :iso8601 -> iso8601(time)
      :text_datetime -> time |> naive() |> NaiveDateTime.to_string()
    end
  end

  @doc "The datetime in UTC, without a time zone."
  @spec naive(DateTime.t() | NaiveDateTime.t()) :: NaiveDateTime.t()
  def naive(%NaiveDateTime{} = time), do: time
  def naive(%DateTime{} = time), do: time |> utc() |> DateTime.to_naive()

  defp iso8601(%NaiveDateTime{} = time), do: NaiveDateTime.to_iso8601(time)
  defp iso8601(%DateTime{} = time), do: time |> utc() |> DateTime.to_iso8601()

  defp utc(%DateTime{utc_offset: 0, std_offset: 0, time_zone: "Etc/UTC"} = time), do: time
  defp utc(time), do: DateTime.shift_zone!(time, "Etc/UTC")
end
