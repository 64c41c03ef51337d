using System.Text.Json.Nodes;
using Sous.Plugins.Simulators.Drive.Files;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>files.list, and files.get for metadata; about and drives beside them.</summary>
internal sealed class FilesEndpoint(FileStore store, DriveSimulator simulator, PageTokens tokens)
{
    // What Drive v3 answers when pageSize is left out: everything at once, but of a shared drive 100.
    private const int Everything = int.MaxValue;

    public async Task ListAsync(HttpContext context)
    {
        var corpora = context.Text("corpora") ?? "user";
        var drive = context.Text("driveId");
        CheckCorpora(context, corpora, drive);
        var orders = context.Text("orderBy");
        var query = $"{context.Text("q")}\n{corpora}\n{drive}\n{orders}";
        var after = tokens.Read(context.Text("pageToken"), query);
        var test = SearchQuery.Parse(context.Text("q"), store);
        var perFileOnly = !DriveRoutes.MayReadAll(context);
        var found = store.Read(all => all.Where(file => !perFileOnly && InCorpus(file, context, corpora, drive) && test(file)).ToList());
        var sorted = Sort(found, simulator.Chaos.IgnoreSortOrder ? null : orders);
        var begin = after is null ? 0 : sorted.FindIndex(file => file.Id == after) + 1;
        var size = context.PageSize(drive is null ? Everything : 100);
        var page = simulator.Chaos.EmptyPage ? [] : sorted.Skip(begin).Take(size).ToList();
        var answer = new JsonObject { ["kind"] = "drive#fileList", ["incompleteSearch"] = simulator.Trouble.IncompleteSearch };
        if (begin + page.Count < sorted.Count && Next(context, query, page.Count > 0 ? page[^1].Id : after ?? "") is { } next)
        {
            answer["nextPageToken"] = next;
        }

        var told = simulator.Trouble.IncompleteSearch ? page.Where((_, i) => i % 2 == 0) : page;
        answer["files"] = new JsonArray([.. told.Select(file => (JsonNode)FileJson.Of(file, store.IsTrashed(file)))]);
        await DriveAnswer.JsonAsync(context, context.Fields($"kind,nextPageToken,incompleteSearch,files({FileJson.Usual})").Apply(answer, FileJson.Known)).ConfigureAwait(false);
    }

    public Task GetAsync(HttpContext context)
    {
        var file = DriveRoutes.Find(context, store);
        return DriveAnswer.JsonAsync(context, context.Fields(FileJson.Usual).Apply(FileJson.Of(file, store.IsTrashed(file)), FileJson.Known));
    }

    public static Task AboutAsync(HttpContext context) => context.Text("fields") is null
        ? throw new DriveFault(400, "required", "The 'fields' parameter is required for this method.", "fields")
        : DriveAnswer.JsonAsync(context, context.Fields("*").Apply(FileJson.About(), FileJson.Known));

    public Task ListDrivesAsync(HttpContext context)
    {
        var begin = context.Text("pageToken") is { } token ? (int.TryParse(token, out var at) ? at : throw DriveFault.Invalid("pageToken")) : 0;
        var page = FileSeeder.Drives.Skip(begin).Take(context.PageSize(10)).ToList();
        var answer = new JsonObject
        {
            ["kind"] = "drive#driveList",
            ["drives"] = new JsonArray([.. page.Select(drive => (JsonNode)new JsonObject { ["kind"] = "drive#drive", ["id"] = drive.Id, ["name"] = drive.Name, ["createdTime"] = FileJson.Time(store.Find(drive.Id)?.Created ?? 0) })]),
        };
        if (begin + page.Count < FileSeeder.Drives.Count)
        {
            answer["nextPageToken"] = $"{begin + page.Count}";
        }

        return DriveAnswer.JsonAsync(context, context.Fields("*").Apply(answer, FileJson.Known));
    }

    private string? Next(HttpContext context, string query, string last) => simulator.Chaos switch
    {
        { DropCursor: true } => null,
        { CursorStandsStill: true } when context.Text("pageToken") is { } asked => asked,
        { RepeatCursor: true } when context.Text("pageToken") is not null => tokens.Make(query, store.Read(all => all.First().Id)),
        _ => tokens.Make(query, last),
    };

    private void CheckCorpora(HttpContext context, string corpora, string? drive)
    {
        var allDrives = context.Flag("supportsAllDrives") && context.Flag("includeItemsFromAllDrives");
        if (corpora is not ("user" or "drive" or "allDrives" or "domain"))
        {
            throw DriveFault.Invalid("corpora");
        }

        if (corpora == "drive" != drive is not null)
        {
            throw new DriveFault(400, "invalid", "The driveId parameter must be specified if and only if corpora is set to drive.", "driveId");
        }

        if (corpora is "drive" or "allDrives" && !allDrives)
        {
            throw new DriveFault(400, "invalid", "The includeItemsFromAllDrives and supportsAllDrives parameters must be set to true.", "includeItemsFromAllDrives");
        }

        if (drive is not null && (simulator.Trouble.LeftSharedDrives || FileSeeder.Drives.All(known => known.Id != drive)))
        {
            throw new DriveFault(404, "notFound", $"Shared drive not found: {drive}", "driveId");
        }
    }

    private static bool InCorpus(DriveFile file, HttpContext context, string corpora, string? drive) => corpora switch
    {
        "drive" => file.DriveId == drive,
        "allDrives" => true,
        _ => file.DriveId is null || (context.Flag("supportsAllDrives") && context.Flag("includeItemsFromAllDrives")),
    };

    // A token names the last file, so the order must not move when nothing is added: by id in the end.
    private static List<DriveFile> Sort(List<DriveFile> files, string? orders)
    {
        IOrderedEnumerable<DriveFile>? sorted = null;
        foreach (var order in orders?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            var (key, down) = order.EndsWith(" desc", StringComparison.Ordinal) ? (order[..^5], true) : (order, false);
            Func<DriveFile, IComparable> of = key switch
            {
                "name" or "name_natural" => static file => file.Name,
                "createdTime" => static file => file.Created,
                "modifiedTime" => static file => file.Modified,
                "folder" => static file => file.MimeType == DriveFile.Folder ? 0 : 1,
                "quotaBytesUsed" => static file => file.Content?.Length ?? 0,
                _ => throw DriveFault.Invalid("orderBy"),
            };
            sorted = (sorted, down) switch
            {
                (null, false) => files.OrderBy(of),
                (null, true) => files.OrderByDescending(of),
                (_, false) => sorted.ThenBy(of),
                _ => sorted.ThenByDescending(of),
            };
        }

        return [.. (sorted ?? files.OrderByDescending(static file => file.Created)).ThenBy(static file => file.Id, StringComparer.Ordinal)];
    }
}
