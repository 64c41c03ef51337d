using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// What every Raw passes that is written, be it new or moved. Once stored Raws are being rewritten, so is each that is written from
/// then on: a page that was encoded before, or a record that moves behind the rewriter's back, cannot bring the old form back. Writer only.
/// </summary>
internal sealed class RawGate(Numbers numbers)
{
    private RawRewrite? _rewrite;

    public void Open(RawRewrite rewrite) => _rewrite = rewrite;

    public ReadOnlySpan<byte> Pass(TenantId tenant, scoped in RecordRow row, ReadOnlySpan<byte> raw) => _rewrite is null || raw.IsEmpty
        ? raw
        : _rewrite(tenant, numbers.ConnectionOf(row.Connection), new StreamName(numbers.NameOf(row.Stream)), row.Id, raw) ?? raw;
}
