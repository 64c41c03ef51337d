using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Live.Development;

/// <summary>
/// One page for each driver that is developed: recorded once from its service, then mapped by each build from the same answers at
/// the same instant, so that what differs is the build's doing. Nothing of it is stored, logged or kept over a restart.
/// </summary>
internal sealed class RecordedPages(DriverSessions sessions, ConnectionAuthorization authorization, RunPlanner planner, IRegistry registry, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _one = new(1);
    private readonly ConcurrentDictionary<DriverId, RecordedPage> _pages = new();

    public void Forget(DriverId driver) => _pages.TryRemove(driver, out _);

    /// <summary>Has the serving build map the recorded page, or records one where there is none, or none that has what this build asks for.</summary>
    /// <param name="actor">Who asks, for the audit log.</param>
    /// <exception cref="DriverException">The driver said what is wrong.</exception>
    /// <exception cref="DriverDefectException">The driver threw something else, or handed over what no sync would take.</exception>
    public async Task<PageView> CompareAsync(LoadedDriver driver, Connection connection, StreamManifest stream, PageRequest request, string actor, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var before = _pages.GetValueOrDefault(driver.Id) is { } known && known.Answers(request, connection.Id) ? known : null;
            var (now, anew) = before is null ? (null, null) : await ReplayAsync(before, driver, connection, cancellationToken);
            now ??= await RecordAsync(driver, connection, before?.Stream ?? stream, before?.Location ?? request.Location, actor, cancellationToken);
            // A page without records tells of no build: the next one asks anew.
            if (now.Records.Count > 0 || before is not null)
            {
                _pages[driver.Id] = now;
            }

            return new PageView(connection.Id, new StreamName(now.Stream.Name), now.Location, now.At, driver.Generation, before?.Generation, now.Records.Count)
            {
                RecordedAnew = anew,
                Diff = before is null ? null : PageDiff.Of(before.Records, now.Records),
            };
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <returns>The page as this build maps it, or why its answers are not enough for it.</returns>
    private async Task<(RecordedPage? Page, string? Anew)> ReplayAsync(RecordedPage page, LoadedDriver driver, Connection connection, CancellationToken cancellationToken)
    {
        using var player = new TapePlayer(page.Tape);
        try
        {
            var (_, records) = await FetchAsync(driver, connection, player, page.At, page.Stream, [page.Work], cancellationToken);
            return (page with { Records = records, Generation = driver.Generation }, null);
        }
        catch (Exception e) when (e is DriverException or DriverDefectException && player.Missed is not null)
        {
            return (null, $"This build asks {player.Missed} in a way that was not recorded, so the service was asked again.");
        }
    }

    private async Task<RecordedPage> RecordAsync(LoadedDriver driver, Connection connection, StreamManifest stream, string? location, string actor, CancellationToken cancellationToken)
    {
        var at = clock.GetUtcNow();
        // Planned as a run would be, and never one: nothing of it is stored.
        var request = new RunRequest(connection.Tenant, connection.Driver, new SyncKey(connection.Id, new StreamName(stream.Name)), RunTrigger.Request) { Locations = location is null ? null : [location] };
        var works = await planner.PlanAsync(request, stream, cancellationToken);
        if (works.Count == 0)
        {
            throw new DriverException(FailureKind.Misconfigured, location is null ? "No location of the connection is known yet." : $"The connection has no location {location}.");
        }

        var audit = AuditEntry.Make(at, actor, "driver.page_recorded", connection.Tenant, connection.Id.Value, stream.Name);
        await registry.AppendAsync(audit, cancellationToken);
        var tape = new ServiceTape();
        using var recorder = new TapeRecorder(tape, authorization.CreateHandler(connection));
        var (work, records) = await FetchAsync(driver, connection, recorder, at, stream, works, cancellationToken);
        return new RecordedPage(connection.Id, stream, work, tape, at, records, driver.Generation);
    }

    /// <summary>The first page that holds records, and the scope that it is of; where none does, the first scope and nothing.</summary>
    private Task<(ScopeWork Work, IReadOnlyList<PageRecord> Records)> FetchAsync(
        LoadedDriver driver, Connection connection, DelegatingHandler handler, DateTimeOffset at, StreamManifest stream, IReadOnlyList<ScopeWork> works, CancellationToken cancellationToken)
        => DriverCall.RunAsync<(ScopeWork, IReadOnlyList<PageRecord>)>(
            async token =>
            {
                await using var session = sessions.Open(driver, connection, handler, CallPriority.Live, new StandingClock(at));
                foreach (var work in works)
                {
                    await foreach (var page in Read(session.Driver, stream, work, token))
                    {
                        if (page.Count > 0)
                        {
                            return (work, page);
                        }
                    }
                }

                return (works[0], []);
            },
            driver.Use,
            s_deadline,
            clock,
            cancellationToken);

    private static IAsyncEnumerable<IReadOnlyList<PageRecord>> Read(IDriver driver, StreamManifest stream, ScopeWork work, CancellationToken cancellationToken) => (stream.Name, driver) switch
    {
        ("sales", IPosDriver pos) => Read(pos.FetchSalesAsync(ScopeSync.SalesOf(work, stream, work.Ranges[0], null), cancellationToken), stream, CanonicalJson.Default.Sale),
        ("catalog", IPosDriver pos) => Read(pos.FetchCatalogAsync(ScopeSync.CatalogOf(work, stream, null), cancellationToken), stream, CanonicalJson.Default.CatalogEntry),
        ("files", IStorageDriver storage) => Read(storage.WatchFolderAsync(ScopeSync.FolderOf(stream, null), cancellationToken), stream, CanonicalJson.Default.StorageFile),
        _ => throw new DriverException(FailureKind.Defect, $"The driver offers {stream.Name} in its manifest and cannot fetch it."),
    };

    private static async IAsyncEnumerable<IReadOnlyList<PageRecord>> Read<T>(IAsyncEnumerable<SyncPage<T>> pages, StreamManifest stream, JsonTypeInfo<T> json)
        where T : class
    {
        var guard = new PageGuard(stream);
        await foreach (var page in pages)
        {
            guard.Check(page);
            yield return [.. page.Changes.Select(change => new PageRecord(change.Id, change.Record is { } record ? JsonSerializer.SerializeToNode(record, json) : null))];
        }
    }
}
