defmodule EctoLibSql.StateTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.State

  test "sync is on unless it is switched off" do
    assert State.detect_sync([]) == :enable_sync
    assert State.detect_sync(sync: true) == :enable_sync
    assert State.detect_sync(sync: false) == :disable_sync
  end
end
