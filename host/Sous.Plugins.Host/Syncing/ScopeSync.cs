using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Syncing;

/// <summary>
/// Carries one scope's pages from the driver into the store, in order. Three things go on at once: the driver fetches the
/// page after next, the next one is encoded, and one is committed.
/// </summary>
internal sealed partial class ScopeSync(IChangeStore store, RecordEncoder encoder, IOptions<SyncingOptions> options, TimeProvider clock, ILogger<ScopeSync> logger)
{
    /// <returns>Whether the service listed all of the scope, or a part of it.</returns>
    /// <exception cref="DriverException">The driver said what is wrong.</exception>
    /// <exception cref="DriverDefectException">The driver threw something else.</exception>
    /// <exception cref="PageRefusedException">A page must not be stored.</exception>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    /// <exception cref="Storage.StorageException">The store, or one that a call needs, cannot be used.</exception>
    /// <exception cref="Credentials.CredentialException">A key cannot be read.</exception>
    public async Task<bool> RunAsync(IDriver driver, StreamManifest stream, ScopeWork work, ActiveRun run, CancellationToken cancellationToken)
    {
        var from = work.Bounded ? null : await store.ReadCheckpointAsync(work.Scope, cancellationToken);
        var isListed = false;
        foreach (var range in work.Ranges)
        {
            var pipe = new Pipe(work, run, from, new PageGuard(stream, run.Calls?.Begin()));
            await ((stream.Name, driver) switch
            {
                ("sales", IPosDriver pos) => PumpAsync(pipe, token => pos.FetchSalesAsync(SalesOf(work, stream, range, from), token), encoder.EncodeAsync, cancellationToken),
                ("catalog", IPosDriver pos) => PumpAsync(pipe, token => pos.FetchCatalogAsync(CatalogOf(work, stream, from), token), encoder.EncodeAsync, cancellationToken),
                ("files", IStorageDriver storage) => PumpAsync(pipe, token => storage.WatchFolderAsync(FolderOf(stream, from), token), encoder.EncodeAsync, cancellationToken),
                _ => throw new DriverException(FailureKind.Defect, $"The driver offers {stream.Name} in its manifest and cannot fetch it."),
            });
            isListed |= pipe.IsListed;
            run.Progress.EndWindow(clock.GetUtcNow());
        }

        return isListed;
    }

    public static SalesRequest SalesOf(ScopeWork work, StreamManifest stream, InstantRange range, Checkpoint? from) => new()
    {
        Location = work.Location ?? throw new DriverException(FailureKind.Defect, "The manifest does not scope sales by location."),
        From = from,
        Range = range,
        Bounded = work.Bounded,
        PageSize = stream.PageLimit,
    };

    public static CatalogRequest CatalogOf(ScopeWork work, StreamManifest stream, Checkpoint? from)
        => new() { Location = work.Location, From = from, Currency = work.Currency, PageSize = stream.PageLimit };

    // Which folders are watched is the connection's setting: the driver has it.
    public static FolderRequest FolderOf(StreamManifest stream, Checkpoint? from) => new() { From = from, PageSize = stream.PageLimit };

    private async Task PumpAsync<T>(
        Pipe pipe,
        Func<CancellationToken, IAsyncEnumerable<SyncPage<T>>> fetch,
        Func<TenantId, ConnectionId, SyncPage<T>, CancellationToken, ValueTask<EncodedPage>> encode,
        CancellationToken cancellationToken)
        where T : class
    {
        var ahead = Channel.CreateBounded<Pending>(new BoundedChannelOptions(options.Value.PagesAhead) { SingleReader = true, SingleWriter = true });
        using var page = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, page.Token);
        var token = stop.Token;
        // On a thread of its own: a driver that blocks must not keep the deadline from being noticed here.
        using var told = new DriverToken(token);
        var driversToken = told.Token;
        var fetching = Task.Run(() => FetchAsync(() => fetch(driversToken).GetAsyncEnumerator(driversToken), page, ahead.Writer, Take, pipe.Guard.CheckCalls, token), CancellationToken.None);
        try
        {
            await CommitAsync(ahead.Reader, pipe, token);
        }
        catch (OperationCanceledException) when (page.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DriverException(FailureKind.Transient, string.Create(CultureInfo.InvariantCulture, $"No page came within {options.Value.PageTimeout.TotalSeconds:0} seconds."));
        }
        finally
        {
            await stop.CancelAsync();
            await StopAsync(fetching, ahead.Reader, pipe);
        }

        Pending Take(SyncPage<T> taken)
        {
            pipe.Guard.Check(taken);
            return new Pending(Task.Run(() => EncodeAsync(pipe, taken, encode, token), CancellationToken.None), taken.Next, taken.Listing);
        }
    }

    private async Task FetchAsync<T>(
        Func<IAsyncEnumerator<SyncPage<T>>> fetch,
        CancellationTokenSource page,
        ChannelWriter<Pending> ahead,
        Func<SyncPage<T>, Pending> take,
        Action checkEnd,
        CancellationToken cancellationToken)
        where T : class
    {
        Exception? failure = null;
        try
        {
            page.CancelAfter(options.Value.PageTimeout);
            await using var pages = fetch();
            while (await pages.MoveNextAsync())
            {
                // Only the driver's time counts, not the wait for the store.
                page.CancelAfter(Timeout.InfiniteTimeSpan);
                await ahead.WriteAsync(take(pages.Current), cancellationToken);
                page.CancelAfter(options.Value.PageTimeout);
            }

            checkEnd();
        }
        catch (OperationCanceledException e)
        {
            // HttpClient reports its own time-out as a cancellation that nobody asked for.
            failure = cancellationToken.IsCancellationRequested ? e : new DriverException(FailureKind.Transient, "The service did not answer in time.");
        }
        catch (Exception e)
        {
            // A call goes through the host too: what it cannot read of its own is no fault of who called.
            failure = e is DriverException or PageRefusedException or Storage.StorageException or Credentials.CredentialException ? e : new DriverDefectException(e);
        }

        // The reader meets the failure after the pages before it: they stay valid, and are stored.
        ahead.TryComplete(failure);
    }

    private async Task CommitAsync(ChannelReader<Pending> ahead, Pipe pipe, CancellationToken cancellationToken)
    {
        await foreach (var pending in ahead.ReadAllAsync(cancellationToken))
        {
            using var span = HostTrace.Source.StartActivity("sous.page");
            using var page = await pending.Page;
            span?.SetTag(HostTrace.Records, page.Changes.Count);
            pipe.IsListed |= pending.Listing != Listing.None;
            var result = default(CommitResult);
            // A poll that found nothing new costs no write.
            if (page.Changes.Count > 0 || pending.Listing != Listing.None || pending.Next != pipe.Stored)
            {
                result = await store.CommitAsync(PageOf(pipe, pending, page.Changes), cancellationToken);
                pipe.Stored = pending.Next;
            }

            pipe.Run.Progress.Add(pipe.Work.Scope.Location, result, clock.GetUtcNow());
        }
    }

    private PageCommit PageOf(Pipe pipe, Pending pending, IReadOnlyList<RecordChange> changes) => new()
    {
        Tenant = pipe.Work.Tenant,
        Scope = pipe.Work.Scope,
        Run = pipe.Run.Run.Id,
        Fence = pipe.Run.Run.Fence,
        Changes = changes,
        Next = pipe.Work.Bounded ? null : pending.Next,
        Listing = pipe.Work.Bounded ? Listing.None : pending.Listing,
        BeginsAnew = pipe.Stored is null,
        Marks = pending.Listing == Listing.None ? default : IdMark.OfUpserts(changes),
        At = clock.GetUtcNow(),
    };

    private static async Task<EncodedPage> EncodeAsync<T>(
        Pipe pipe,
        SyncPage<T> page,
        Func<TenantId, ConnectionId, SyncPage<T>, CancellationToken, ValueTask<EncodedPage>> encode,
        CancellationToken cancellationToken)
        where T : class
    {
        EncodedPage encoded;
        try
        {
            encoded = await encode(pipe.Work.Tenant, pipe.Work.Scope.Connection, page, cancellationToken);
        }
        catch (Exception e) when (e is not (Storage.StorageException or Credentials.CredentialException or OperationCanceledException))
        {
            throw new DriverDefectException(e);
        }

        try
        {
            PageGuard.CheckSize(encoded.Changes);
            return encoded;
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }

    private async Task StopAsync(Task fetching, ChannelReader<Pending> ahead, Pipe pipe)
    {
        try
        {
            await fetching.WaitAsync(options.Value.StopGrace, clock);
        }
        catch (TimeoutException)
        {
            Log.DoesNotStop(logger, pipe.Work.Scope, options.Value.StopGrace);
            pipe.Run.IsLeftBehind = true;
            pipe.Run.Generation?.Use.LeaveBehind(fetching);
        }

        while (ahead.TryRead(out var left))
        {
            await ((Task)left.Page).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (left.Page.IsCompletedSuccessfully)
            {
                (await left.Page).Dispose();
            }
        }

        if (pipe.Run.IsLeftBehind)
        {
            throw new DriverException(FailureKind.Defect, "The driver does not answer, and did not stop when it was told to: it is left behind.");
        }
    }

    /// <summary>A page on its way: fetched and looked at, its records being encoded.</summary>
    private readonly record struct Pending(Task<EncodedPage> Page, Checkpoint Next, Listing Listing);

    private sealed class Pipe(ScopeWork work, ActiveRun run, Checkpoint? stored, PageGuard guard)
    {
        public ScopeWork Work { get; } = work;

        public ActiveRun Run { get; } = run;

        public PageGuard Guard { get; } = guard;

        /// <summary>The position that the store holds.</summary>
        public Checkpoint? Stored { get; set; } = stored;

        /// <summary>Whether a page of it was a part of a listing.</summary>
        public bool IsListed { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2000, Level = LogLevel.Error, Message = "The driver of {Scope} was told to stop and did not within {Grace}: it is left behind. This is a defect of the driver.")]
        public static partial void DoesNotStop(ILogger logger, Scope scope, TimeSpan grace);
    }
}
