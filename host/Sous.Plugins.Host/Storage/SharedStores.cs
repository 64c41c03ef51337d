using Microsoft.Extensions.DependencyInjection.Extensions;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Sharing;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Storage;

/// <summary>
/// The stores in a database that several hosts share, in place of those of the data folder. Until <see cref="MakeReady"/> nothing is
/// written there, and only the registry may be asked, where something is stored.
/// </summary>
/// <param name="Where">The database, for sentences.</param>
/// <param name="Use">What they were opened for.</param>
/// <param name="Feed">The name of the feeds there; null where there are none yet.</param>
/// <param name="IsFresh">Nothing was stored there when it was looked at: a first start.</param>
/// <param name="Builds">The bytes of the drivers that all hosts have in common.</param>
/// <param name="ListHosts">The hosts on it, see <see cref="HostList"/>.</param>
/// <param name="MakeReady">Makes the tables where there are none, and opens what stands in them.</param>
/// <param name="CutOff">Nothing more is committed in a run that another host carried out; the answer is the run with what was stored in it, or null where it is gone.</param>
/// <param name="BeHelped">Lets other hosts carry out runs for this one, which works, until it is canceled. Given the host's parts.</param>
/// <param name="Help">Lets this host carry out runs for the one that works, while that does, or until it was asked for what it has not: that is added to the set, and not waited for again.</param>
/// <param name="Lost">Ends when another host may begin to work there, with the sentence that says why; with null when they are closed.</param>
/// <param name="Database">What all of them stand on; closed after them.</param>
internal sealed record SharedStores(
    string Where,
    StoreUse Use,
    string? Feed,
    bool IsFresh,
    IRegistry Registry,
    IChangeStore Changes,
    IInbox Inbox,
    IOutbox Outbox,
    IClosings Closings,
    IListings Listings,
    IGaps Gaps,
    IBackfills Backfills,
    BuildStore Builds,
    Func<CancellationToken, Task<IReadOnlyList<HostView>>> ListHosts,
    Func<CancellationToken, Task> MakeReady,
    Func<SyncRun, CancellationToken, Task<SyncRun?>> CutOff,
    Func<IServiceProvider, CancellationToken, Task> BeHelped,
    Func<IServiceProvider, ISet<string>, CancellationToken, Task> Help,
    Task<string?> Lost,
    IAsyncDisposable Database) : IAsyncDisposable
{
    /// <summary>Puts them in the place of the embedded ones, which nobody is given any more. They stay their owner's to close.</summary>
    public void AddTo(IServiceCollection services) => services
        .AddSingleton(this)
        .RemoveAll<LiteDbRegistry>()
        .RemoveAll<SqliteChangeStore>()
        .Replace(ServiceDescriptor.Singleton(Registry))
        .Replace(ServiceDescriptor.Singleton(Changes))
        .Replace(ServiceDescriptor.Singleton(Inbox))
        .Replace(ServiceDescriptor.Singleton(Outbox))
        .Replace(ServiceDescriptor.Singleton(Closings))
        .Replace(ServiceDescriptor.Singleton(Listings))
        .Replace(ServiceDescriptor.Singleton(Gaps))
        .Replace(ServiceDescriptor.Singleton(Backfills))
        .Replace(ServiceDescriptor.Singleton(LeaseHolder.OfOneOfMany()))
        .AddSharedEntries()
        .AddHelping();

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await Changes.DisposeAsync();
        await Database.DisposeAsync();
    }
}
