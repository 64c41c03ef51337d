using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Simulators.Drive.Files;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>changes.getStartPageToken and changes.list. The user's log does not tell of shared drives: each has its own.</summary>
internal sealed class ChangesEndpoint(FileStore store, DriveSimulator simulator)
{
    private const string Usual = $"kind,nextPageToken,newStartPageToken,changes(kind,type,changeType,time,removed,fileId,file({FileJson.Usual}))";

    public Task StartAsync(HttpContext context) => DriveAnswer.JsonAsync(context, new JsonObject
    {
        ["kind"] = "drive#startPageToken",
        ["startPageToken"] = EndOf(LogOf(context)).ToString(CultureInfo.InvariantCulture),
    });

    public Task ListAsync(HttpContext context)
    {
        var log = LogOf(context);
        if (log != FileStore.User && simulator.Trouble.LeftSharedDrives)
        {
            throw new DriveFault(404, "notFound", $"Shared drive not found: {log}", "driveId");
        }

        var end = EndOf(log);
        var text = context.Text("pageToken") ?? throw DriveFault.Required("pageToken");
        if (simulator.Trouble.RejectChangeTokens || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var token) || token < 1 || token > end)
        {
            throw DriveFault.Invalid("pageToken");
        }

        var size = context.PageSize(100);
        var entries = store.Since(log, token, size + 1);
        var answer = new JsonObject { ["kind"] = "drive#changeList" };
        if (!simulator.Trouble.DropChangeTokens)
        {
            answer[entries.Count > size ? "nextPageToken" : "newStartPageToken"] = (entries.Count > size ? entries[size].No : end).ToString(CultureInfo.InvariantCulture);
        }

        var removals = context.Flag("includeRemoved", otherwise: true);
        answer["changes"] = new JsonArray([.. entries.Take(size).Select(entry => Of(entry, log)).Where(change => removals || !(bool)change["removed"]!)]);
        return DriveAnswer.JsonAsync(context, context.Fields(Usual).Apply(answer, FileJson.Known));
    }

    internal static string LogOf(HttpContext context) => context.Text("driveId") switch
    {
        null => FileStore.User,
        _ when !context.Flag("supportsAllDrives") => throw new DriveFault(400, "invalid", "The supportsAllDrives parameter must be set to true.", "supportsAllDrives"),
        { } drive when FileSeeder.Drives.Any(known => known.Id == drive) => drive,
        { } drive => throw new DriveFault(404, "notFound", $"Shared drive not found: {drive}", "driveId"),
    };

    private long EndOf(string log) => store.EndOf(log) ?? 1;

    private JsonObject Of(FileChange entry, string log)
    {
        var file = entry.Removed ? null : store.Find(entry.FileId);
        var gone = file is null || (log == FileStore.User ? file.DriveId is not null : file.DriveId != log);
        var change = new JsonObject
        {
            ["kind"] = "drive#change",
            ["type"] = "file",
            ["changeType"] = "file",
            ["fileId"] = entry.FileId,
            ["removed"] = gone,
            ["time"] = FileJson.Time(entry.At),
        };
        if (!gone && file is not null)
        {
            change["file"] = FileJson.Of(file, store.IsTrashed(file));
        }

        return change;
    }
}
