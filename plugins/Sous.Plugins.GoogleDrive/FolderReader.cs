using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;

namespace Sous.Plugins.GoogleDrive;

/// <summary>A folder found: by the id that it was named by, and by its own, where a shortcut named it.</summary>
internal sealed record FoundFolder(string Id, string Target, string? Drive);

/// <summary>A page of a folder's files, and the token of the next.</summary>
internal sealed record FolderPage(IReadOnlyList<Change<StorageFile>> Changes, string? Next);

/// <summary>Reads folders: finds them, lists them page by page, and makes canonical files of what is in them.</summary>
internal sealed class FolderReader(DriveApi api)
{
    private const int ShortcutsAtOnce = 4;

    /// <summary>The most shared drives on a page.</summary>
    private const int MostDrives = 100;

    /// <summary>The most files that Drive puts into a page.</summary>
    private const int LargestPage = 1000;

    /// <summary>A string of Drive's query language.</summary>
    public static string Quote(string text) => $"'{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", @"\'", StringComparison.Ordinal)}'";

    /// <exception cref="DriverException">There is no such folder.</exception>
    public async Task<FoundFolder> FindAsync(string id, CancellationToken cancellationToken)
    {
        var found = await api.FindAsync(id, cancellationToken).ConfigureAwait(false);
        if (found?.ShortcutDetails?.TargetId is { } target)
        {
            found = await api.FindAsync(target, cancellationToken).ConfigureAwait(false);
        }

        return found switch
        {
            null => throw new DriverException(FailureKind.Misconfigured, "A folder that is named is not there, or not shared with the account."),
            { Trashed: true } => throw new DriverException(FailureKind.Misconfigured, "A folder that is named lies in the bin."),
            { IsFolder: true, Id: { } own } => new FoundFolder(id, own, found.DriveId),
            _ => throw new DriverException(FailureKind.Misconfigured, "What is named as a folder is none."),
        };
    }

    /// <summary>The files of folders as they are now, each folder after the other.</summary>
    public IAsyncEnumerable<SyncPage<StorageFile>> ListAsync(IReadOnlyList<string> ids, FolderRequest request, CancellationToken cancellationToken) => WalkAsync(
        ids.Count,
        async (index, token, seen) =>
        {
            var folder = await FindAsync(ids[index], cancellationToken).ConfigureAwait(false);
            return request.FoldersOnly
                ? await FoldersAsync($"{Quote(folder.Target)} in parents", folder.Drive, token, request.PageSize, seen, cancellationToken).ConfigureAwait(false)
                : await PageAsync(folder.Target, folder.Drive, token, request.PageSize, seen, cancellationToken).ConfigureAwait(false);
        },
        request.From);

    /// <summary>The topmost folders that the account can see: those of My Drive and those shared with it, then the shared drives.</summary>
    public IAsyncEnumerable<SyncPage<StorageFile>> ListTopmostAsync(FolderRequest request, CancellationToken cancellationToken) => WalkAsync(
        2,
        (index, token, seen) => index == 0
            ? FoldersAsync("('root' in parents or sharedWithMe = true)", null, token, request.PageSize, seen, cancellationToken)
            : DrivesAsync(token, request.PageSize, seen, cancellationToken),
        request.From);

    /// <summary>A page of a folder, or null where its token is no longer good.</summary>
    /// <param name="seen">The tokens that this walk was given so far: one that comes back would never end.</param>
    public async Task<FolderPage?> PageAsync(string folder, string? drive, string? token, int size, HashSet<string> seen, CancellationToken cancellationToken)
    {
        var page = await AskAsync($"{Quote(folder)} in parents and trashed = false", drive, token, size, DriveFile.Fields, cancellationToken).ConfigureAwait(false);
        return page is null ? null : new FolderPage(await ReadAsync(page.Files ?? [], cancellationToken).ConfigureAwait(false), Moved(page.NextPageToken, token, seen));
    }

    private async Task<FolderPage?> FoldersAsync(string which, string? drive, string? token, int size, HashSet<string> seen, CancellationToken cancellationToken)
    {
        // A shortcut may lead to a folder: that is known once it is resolved.
        var q = $"{which} and (mimeType = '{DriveFile.FolderType}' or mimeType = '{DriveFile.ShortcutType}') and trashed = false";
        var page = await AskAsync(q, drive, token, size, DriveFile.Fields, cancellationToken).ConfigureAwait(false);
        return page is null
            ? null
            : new FolderPage([.. (await ReadAsync(page.Files ?? [], cancellationToken).ConfigureAwait(false)).Where(change => change.Record is { IsFolder: true })], Moved(page.NextPageToken, token, seen));
    }

    private async Task<FolderPage?> DrivesAsync(string? token, int size, HashSet<string> seen, CancellationToken cancellationToken)
    {
        var request = new DrivesListRequest(api.Service) { PageSize = Math.Min(size, MostDrives), PageToken = token, Fields = $"nextPageToken,drives({SharedDrive.Fields})" };
        var page = await api.ReadAsync(request, DriveJson.Default.SharedDriveList, IsTokenRefused, cancellationToken).ConfigureAwait(false);
        return page is null ? null : new FolderPage([.. (page.Drives ?? []).Select(Folder)], Moved(page.NextPageToken, token, seen));

        static Change<StorageFile> Folder(JsonElement element)
        {
            var folder = Parse(element, DriveJson.Default.SharedDrive).ToFolder();
            return Change.Upsert(folder.Ref.Id, folder, JsonMarshal.GetRawUtf8Value(element).ToArray());
        }
    }

    /// <summary>One place after the other, each page by page.</summary>
    /// <param name="read">The page of the place of that number that a token leads to; null where the token is no longer good.</param>
    private static async IAsyncEnumerable<SyncPage<StorageFile>> WalkAsync(int places, Func<int, string?, HashSet<string>, Task<FolderPage?>> read, Checkpoint? from)
    {
        var (index, token) = ListPlace.Read(from);
        for (; index < places; index++)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            do
            {
                var page = await read(index, token, seen).ConfigureAwait(false)
                    ?? throw new DriverException(FailureKind.Transient, "Drive no longer takes the listing's page token: the listing has to begin anew.");
                token = page.Next;
                var last = token is null && index == places - 1;
                yield return new SyncPage<StorageFile>(page.Changes, ListPlace.Write(token is null ? index + 1 : index, token)) { Listing = last ? Listing.End : Listing.Part };
            }
            while (token is not null);
        }
    }

    /// <summary>A folder's files, each as gone, those in the bin too: the folder is no longer looked at. Null where its token is no longer good.</summary>
    public async Task<FolderPage?> DropAsync(string folder, string? drive, string? token, int size, HashSet<string> seen, CancellationToken cancellationToken)
    {
        var page = await AskAsync($"{Quote(folder)} in parents", drive, token, size, "id", cancellationToken).ConfigureAwait(false);
        return page is null ? null : new FolderPage(
            [.. (page.Files ?? []).Select(Parse).Where(file => file.Id is not null).Select(file => Change.Delete<StorageFile>(file.Id ?? ""))],
            Moved(page.NextPageToken, token, seen));
    }

    /// <summary>Canonical files, their shortcuts resolved once: a shortcut to a shortcut, which a loop needs, stays what it is.</summary>
    public async Task<IReadOnlyList<Change<StorageFile>>> ReadAsync(IReadOnlyList<JsonElement> elements, CancellationToken cancellationToken)
    {
        var files = elements.Select(element => (Element: element, File: Parse(element))).Where(pair => pair.File.Id is not null).DistinctBy(pair => pair.File.Id).ToList();
        var targets = new ConcurrentDictionary<string, DriveFile?>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(
            files.Select(pair => pair.File.ShortcutDetails?.TargetId).OfType<string>().Distinct(),
            new ParallelOptions { MaxDegreeOfParallelism = ShortcutsAtOnce, CancellationToken = cancellationToken },
            async (id, token) => targets[id] = await api.FindAsync(id, token).ConfigureAwait(false) is { Trashed: false, MimeType: not DriveFile.ShortcutType } target ? target : null).ConfigureAwait(false);
        return
        [
            .. files.Select(pair => Change.Upsert(
                pair.File.Id ?? "",
                pair.File.ToStorageFile(pair.File.ShortcutDetails?.TargetId is { } target ? targets[target] : null),
                JsonMarshal.GetRawUtf8Value(pair.Element).ToArray())),
        ];
    }

    public static DriveFile Parse(JsonElement element) => Parse(element, DriveJson.Default.DriveFile);

    private static T Parse<T>(JsonElement element, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return element.Deserialize(type) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Defect, "A file or drive is not of the shape that Drive is known to give.", inner: e);
        }
    }

    private async Task<DriveFileList?> AskAsync(string q, string? drive, string? token, int size, string fields, CancellationToken cancellationToken)
    {
        var page = await SendAsync(q, drive, token, size, fields, cancellationToken).ConfigureAwait(false);
        if (page is { NextPageToken: null, Files.Count: var count } && count >= size && size < LargestPage)
        {
            // A full page without a token may be the last by chance: then a larger one holds the same. One that holds less proves nothing.
            var more = await SendAsync(q, drive, token, size + 1, "id", cancellationToken).ConfigureAwait(false);
            return more is not { NextPageToken: null, Files.Count: var again } || again != count
                ? throw new DriverException(FailureKind.Transient, "Drive's listing of a folder ended without a page token although more files follow.") { IsSuspect = true }
                : page;
        }

        return page;
    }

    private async Task<DriveFileList?> SendAsync(string q, string? drive, string? token, int size, string fields, CancellationToken cancellationToken)
    {
        var request = new FilesListRequest(api.Service)
        {
            Q = q,
            PageSize = size,
            PageToken = token,
            Corpora = drive is null ? "user" : "drive",
            DriveId = drive,
            SupportsAllDrives = true,
            IncludeItemsFromAllDrives = true,
            Fields = $"nextPageToken,incompleteSearch,files({fields})",
        };
        var page = await api.ReadAsync(request, DriveJson.Default.DriveFileList, IsTokenRefused, cancellationToken).ConfigureAwait(false);
        return page is { IncompleteSearch: true }
            ? throw new DriverException(FailureKind.Transient, "Drive says that its listing of a folder is not complete.") { IsSuspect = true }
            : page;
    }

    private static bool IsTokenRefused(DriveError error) => error is { Status: 400, Location: "pageToken" };

    private static string? Moved(string? next, string? token, HashSet<string> seen) => next is null || (next != token && seen.Add(next))
        ? next
        : throw new DriverException(FailureKind.Transient, "Drive's page token does not move, or comes back.") { IsSuspect = true };

    /// <summary>A place within a plain listing: <c>index:token</c>.</summary>
    private static class ListPlace
    {
        public static Checkpoint Write(int index, string? token) => new($"{index}:{token}");

        public static (int Index, string? Token) Read(Checkpoint? from)
        {
            var parts = from?.Value.Split(':', 2) ?? ["0", ""];
            return parts is [var index, var token] && int.TryParse(index, out var at) && at >= 0
                ? (at, token.Length == 0 ? null : token)
                : throw new DriverException(FailureKind.Misconfigured, "The checkpoint of this listing cannot be read; reset it.");
        }
    }
}
