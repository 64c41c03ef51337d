using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;

namespace Sous.Plugins.GoogleDrive;

/// <summary>
/// Follows folders through Drive's logs of changes, which tell of everything in an account or a shared drive and of no folder
/// by itself: what is not, or no longer, in a watched folder is handed over as gone.
/// </summary>
internal sealed partial class FolderWatch(DriveApi api, FolderReader folders, TimeProvider clock, ILogger logger, IReadOnlyList<string> wanted, FolderRequest request)
{
    private const int MostRestarts = 3;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private bool _began;

    public async IAsyncEnumerable<SyncPage<StorageFile>> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var at = WatchPosition.Read(request.From) is { } known
            ? await FollowSettingsAsync(known, cancellationToken).ConfigureAwait(false)
            : await BeginAsync(cancellationToken).ConfigureAwait(false);
        var asOf = clock.GetUtcNow();
        var logs = new Queue<string>(at.Tokens.Keys);
        while (at.HasSteps || logs.Count > 0)
        {
            var listing = at is { Complete: true, HasSteps: true };
            var (changes, next) = at.HasSteps
                ? await StepAsync(at, cancellationToken).ConfigureAwait(false)
                : await ReadLogAsync(at, logs, cancellationToken).ConfigureAwait(false);
            if (changes.Count > 0 || next != at)
            {
                yield return new SyncPage<StorageFile>(changes, next.ToCheckpoint())
                {
                    Listing = !listing ? Listing.None : next.Complete ? Listing.Part : Listing.End,
                };
            }

            at = next;
        }

        // The last word, also where nothing was new.
        yield return new SyncPage<StorageFile>([], at.Pruned().ToCheckpoint()) { CompleteUntil = asOf };
    }

    private async Task<WatchPosition> BeginAsync(CancellationToken cancellationToken)
    {
        _began = true;
        var found = new List<WatchedFolder>();
        foreach (var id in wanted)
        {
            await AddAsync(found, id, cancellationToken).ConfigureAwait(false);
        }

        var position = new WatchPosition { Folders = found, Tokens = [], Listings = [.. found.Select(folder => folder.Target).Distinct()], Complete = true };
        return await WithLogsAsync(position, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Folders that were taken out of the settings leave the view, and new ones come into it.</summary>
    private async Task<WatchPosition> FollowSettingsAsync(WatchPosition known, CancellationToken cancellationToken)
    {
        if (known.Folders.Select(folder => folder.Id).ToHashSet().SetEquals(wanted))
        {
            return known;
        }

        var kept = known.Folders.Where(folder => wanted.Contains(folder.Id)).ToList();
        var all = kept.ToList();
        foreach (var id in wanted.Where(id => !kept.Exists(folder => folder.Id == id)))
        {
            await AddAsync(all, id, cancellationToken).ConfigureAwait(false);
        }

        var left = known.Folders.Where(folder => !folder.Gone && !all.Exists(other => other.Target == folder.Target));
        var position = known with
        {
            Folders = all,
            Drops = [.. known.Drops.Where(drop => !all.Exists(folder => folder.Target == drop.Target)), .. left.Select(folder => new DroppedFolder(folder.Target, folder.Drive))],
            Listings = [.. known.Listings.Where(target => kept.Exists(folder => folder.Target == target)).Union(all.Skip(kept.Count).Select(folder => folder.Target))],

            // A listing that was altered on its way does not tell any more what is not there.
            Page = null,
            Complete = false,
        };
        return await WithLogsAsync(position, cancellationToken).ConfigureAwait(false);
    }

    private async Task AddAsync(List<WatchedFolder> all, string id, CancellationToken cancellationToken)
    {
        var found = await folders.FindAsync(id, cancellationToken).ConfigureAwait(false);
        all.Add(new WatchedFolder(id, found.Target == id ? null : found.Target, found.Drive));
    }

    private async Task<WatchPosition> WithLogsAsync(WatchPosition position, CancellationToken cancellationToken)
    {
        foreach (var log in position.Folders.Select(folder => folder.Log).Distinct().Where(log => !position.Tokens.ContainsKey(log)))
        {
            position = position.WithToken(log, await StartTokenAsync(log, cancellationToken).ConfigureAwait(false));
        }

        return position;
    }

    private async Task<string> StartTokenAsync(string log, CancellationToken cancellationToken)
    {
        var request = new ChangesGetStartPageTokenRequest(api.Service) { DriveId = log == WatchPosition.User ? null : log, SupportsAllDrives = true };
        var answer = await api.ReadAsync(request, DriveJson.Default.DriveStartPageToken, null, cancellationToken).ConfigureAwait(false);
        return answer?.StartPageToken ?? throw new DriverException(FailureKind.Transient, "Drive gave no token to follow its changes by.");
    }

    private async Task<(IReadOnlyList<Change<StorageFile>> Changes, WatchPosition Next)> StepAsync(WatchPosition at, CancellationToken cancellationToken)
    {
        if (at.Page is null)
        {
            _seen.Clear();
        }

        FolderPage? page;
        if (at.Drops is [var drop, ..])
        {
            try
            {
                page = await folders.DropAsync(drop.Target, drop.Drive, at.Page, request.PageSize, _seen, cancellationToken).ConfigureAwait(false);
            }
            catch (DriverException e) when (e.Kind == FailureKind.Misconfigured)
            {
                // What cannot be seen any more cannot be listed either: the log tells that its files are gone.
                return ([], at.After(null));
            }
        }
        else
        {
            var drive = at.Folders.Find(folder => folder.Target == at.Listings[0])?.Drive;
            page = await folders.PageAsync(at.Listings[0], drive, at.Page, request.PageSize, _seen, cancellationToken).ConfigureAwait(false);
        }

        if (page is not null)
        {
            return (page.Changes, at.After(page.Next));
        }

        Log.BeginsAnew(logger, "a listing");
        return at.Restarts < MostRestarts
            ? ([], at with { Page = null, Restarts = at.Restarts + 1 })
            : throw new DriverException(FailureKind.Transient, "Drive rejects the page tokens of a listing again and again.");
    }

    private async Task<(IReadOnlyList<Change<StorageFile>> Changes, WatchPosition Next)> ReadLogAsync(WatchPosition at, Queue<string> logs, CancellationToken cancellationToken)
    {
        var log = logs.Peek();
        var ask = new ChangesListRequest(api.Service, at.Tokens[log])
        {
            PageSize = request.PageSize,
            DriveId = log == WatchPosition.User ? null : log,
            IncludeRemoved = true,
            SupportsAllDrives = true,
            IncludeItemsFromAllDrives = true,
            Fields = $"nextPageToken,newStartPageToken,changes(changeType,fileId,removed,file({DriveFile.Fields}))",
        };
        var isNeeded = at.Folders.Exists(folder => folder.Log == log);
        var page = await api.ReadAsync(ask, DriveJson.Default.DriveChangeList, error => IsOver(error) || (!isNeeded && DriveApi.IsAbsent(error)), cancellationToken).ConfigureAwait(false);
        if (page is null)
        {
            Log.BeginsAnew(logger, "its changes");
            if (_began)
            {
                throw new DriverException(FailureKind.Transient, "Drive rejects the token that it gave to follow its changes by.");
            }

            var anew = await BeginAsync(cancellationToken).ConfigureAwait(false);
            logs.Clear();
            anew.Tokens.Keys.ToList().ForEach(logs.Enqueue);
            return ([], anew);
        }

        var token = page.NextPageToken ?? page.NewStartPageToken;
        if (token is null || page.NextPageToken == at.Tokens[log])
        {
            throw new DriverException(FailureKind.Transient, "Drive's list of changes ends without a token to go on by, or its token does not move.") { IsSuspect = true };
        }

        if (page.NextPageToken is null)
        {
            logs.Dequeue();
        }

        return await ApplyAsync(token == at.Tokens[log] ? at : at.WithToken(log, token), page.Changes ?? [], cancellationToken).ConfigureAwait(false);
    }

    private static bool IsOver(DriveError error) => error is { Status: 400, Location: "pageToken" } or { Status: 410 };

    private async Task<(IReadOnlyList<Change<StorageFile>> Changes, WatchPosition Next)> ApplyAsync(WatchPosition at, List<DriveChange> changes, CancellationToken cancellationToken)
    {
        var gone = new List<Change<StorageFile>>();
        var there = new List<JsonElement>();
        // The last word on a file counts.
        foreach (var change in changes.Where(change => change.FileId is not null && change.ChangeType is null or "file").Reverse<DriveChange>().DistinctBy(change => change.FileId).Reverse())
        {
            var id = change.FileId ?? "";
            var element = await LookAsync(at, change, cancellationToken).ConfigureAwait(false);
            var file = element is { } told ? FolderReader.Parse(told) : null;
            var isGone = file is null or { Trashed: true };
            at = Folder(at, id, isGone);
            if (!isGone && at.Folders.Exists(folder => !folder.Gone && folder.Target == file?.Parent))
            {
                there.Add(element.GetValueOrDefault());
            }
            else
            {
                gone.Add(Change.Delete<StorageFile>(id));
            }
        }

        return ([.. gone, .. await folders.ReadAsync(there, cancellationToken).ConfigureAwait(false)], at);
    }

    // What left one log may stand in another: a file that moved onto a shared drive, or off it.
    private async Task<JsonElement?> LookAsync(WatchPosition at, DriveChange change, CancellationToken cancellationToken) => change switch
    {
        { Removed: false, File: { } file } => file,
        _ when at.Tokens.Count == 1 => null,
        _ => await api.FindAsync(change.FileId ?? "", cancellationToken).ConfigureAwait(false) is { } found
            ? JsonSerializer.SerializeToElement(found, DriveJson.Default.DriveFile)
            : null,
    };

    // What is in a folder goes with it into the bin and comes back with it, and the log does not tell of each.
    private static WatchPosition Folder(WatchPosition at, string id, bool gone)
    {
        if (at.Folders.Find(folder => folder.Target == id && folder.Gone != gone) is not { } changed)
        {
            return at;
        }

        var position = at with { Folders = [.. at.Folders.Select(folder => folder.Target == id ? folder with { Gone = gone } : folder)] };
        return gone
            ? position with { Drops = [.. at.Drops, new DroppedFolder(id, changed.Drive)] }
            : position with { Listings = [.. at.Listings, id] };
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Drive no longer takes a token of {What}: that begins anew.")]
        public static partial void BeginsAnew(ILogger logger, string what);
    }
}
