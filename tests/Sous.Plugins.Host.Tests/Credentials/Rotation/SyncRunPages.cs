using System.Text;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Credentials.Rotation;

/// <summary>Pages of one run whose records have a Raw each: <c>raw of {id}</c>.</summary>
internal sealed class SyncRunPages(Vault vault, SyncRun run)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly RecordEncoder _encoder = new(vault.Get<Host.Credentials.RawProtector>());

    public SyncRun Run => run;

    public async Task<EncodedPage> EncodeAsync(string location, params string[] ids) => await _encoder.EncodeAsync(
        run.Tenant,
        run.Connection,
        new SyncPage<Sale>([.. ids.Select(id => Change.Upsert(id, Sales.Make(id, location: location)) with { Raw = Encoding.UTF8.GetBytes($"raw of {id}") })], new Checkpoint("next")),
        Token);

    public async Task CommitAsync(EncodedPage page)
    {
        using (page)
        {
            await vault.Get<IChangeStore>().CommitAsync(StoreUnderTest.PageOf(run, page, Sales.Noon), Token);
        }
    }

    public async Task CommitAsync(string location, params string[] ids) => await CommitAsync(await EncodeAsync(location, ids));

    public Task MapAsync(string location, string? ownId) =>
        vault.Get<IChangeStore>().ApplyMappingAsync(run.Tenant, run.Connection, location, ownId, Sales.Noon, Token);
}
