using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Kills;

/// <summary>Four folders of a Drive, one of them on a shared drive: listed page by page, and then followed through two logs of changes.</summary>
internal sealed partial class KilledDrive : KilledService
{
    private static readonly string[] s_folders = [DriveSimulator.RecipesFolder, DriveSimulator.MenusFolder, DriveSimulator.ArchiveFolder, DriveSimulator.SpecialsFolder];

    private readonly DriveSimulator _drive;
    private readonly List<string> _files;

    /// <param name="files">How many are put into each folder that has no recipes.</param>
    public KilledDrive(DriveSimulator drive, int files)
    {
        _drive = drive;
        foreach (var folder in s_folders[1..])
        {
            for (var i = 0; i < files; i++)
            {
                drive.Changes.Add(folder);
            }
        }

        _files = [.. s_folders.SelectMany(drive.Truth.In).Where(static file => file.Md5 is not null).Select(static file => file.Id)];
    }

    public override string Driver => "google-drive";

    public override IReadOnlyList<string> Streams => ["files"];

    public override JsonObject Registration => RegistrationOf(_drive.Address, _drive.Options.ClientId, _drive.ClientSecret);

    public static async Task<KilledService> StartAsync(CancellationToken cancellationToken)
        => new KilledDrive(await DriveSimulator.StartAsync(new DriveSimulatorOptions { Recipes = 3_000 }, cancellationToken: cancellationToken), files: 700);

    public override Task<string> ConnectAsync(Platform platform, CancellationToken cancellationToken)
        => platform.ConnectAsync(Driver, new JsonObject { ["folders"] = new JsonArray([.. s_folders.Select(static folder => (JsonNode)folder)]) }, cancellationToken);

    public override void Watch(RequestGate gate) => (_drive.Asked, _drive.Answered) = (gate.AskedAsync, gate.AnsweredAsync);

    public override KillKind? StepOf(RecordedRequest? last, RecordedRequest request)
    {
        if (request.Path is not ("/drive/v3/files" or "/drive/v3/changes"))
        {
            return null;
        }

        return last is null ? KillKind.Page
            : last.Path != request.Path ? KillKind.Window
            : PlaceOf(last) != PlaceOf(request) ? KillKind.Place
            : KillKind.Page;
    }

    // Once all is listed only the logs are read: there is no step from one to the other kind of walk.
    public override int MostSteps(KillKind kind, bool amidHistory) => kind switch
    {
        KillKind.Page => amidHistory ? 4 : 2,
        KillKind.Place => 1,
        _ => amidHistory ? 1 : 0,
    };

    public override void Change(Random random)
    {
        var changes = _drive.Changes;
        var folder = s_folders[random.Next(s_folders.Length)];
        var file = _files[random.Next(_files.Count)];
        switch (random.Next(8))
        {
            case 0:
                changes.Delete(file);
                _files.Remove(file);
                break;
            case 1:
                changes.Trash(file);
                break;
            case 2:
                changes.Restore(file);
                break;
            case 3:
                changes.Move(file, DriveSimulator.RootFolder);
                break;
            case 4:
                changes.Move(file, folder);
                break;
            case 5:
                changes.Write(file);
                break;
            case 6:
                changes.Rename(file, $"Dish {random.Next(1_000_000)}.md");
                break;
            default:
                _files.Add(changes.Add(folder));
                break;
        }
    }

    public override Task AssertHeldByAsync(FeedCheck feed, string context, CancellationToken cancellationToken)
    {
        Assert.True(feed.Findings.Count == 0, $"{context}: {string.Join('\n', feed.Findings.Take(20))}");
        var truth = s_folders.SelectMany(_drive.Truth.In).ToList();
        var there = truth.Select(static file => $"{file.Id} {file.Name} {file.Md5}").ToHashSet();
        // A shortcut is told with the checksum that its target had when it was looked at.
        var own = truth.Where(static file => file.ShortcutTarget is null).Select(static file => file.Id).ToHashSet();
        var here = feed.Current.Select(record => $"{record.Id} {(string?)record.Entry["record"]!["name"]} {(own.Contains(record.Id) ? (string?)record.Entry["record"]!["md5"] : null)}").ToHashSet();
        Assert.True(there.SetEquals(here), $"{context}: missing in the feed: {string.Join(", ", there.Except(here).Take(10))}; in it though not there: {string.Join(", ", here.Except(there).Take(10))}.");
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => _drive.DisposeAsync();

    private static string PlaceOf(RecordedRequest request) => Places().Match(Uri.UnescapeDataString(request.Query)).Value;

    [GeneratedRegex("'[^']+'(?= in parents)|(?<=driveId=)[^&]+")]
    private static partial Regex Places();
}
