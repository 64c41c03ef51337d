using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Backup;

public sealed class BackupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Live => _folder.File("live");

    private string Copy => _folder.File("copy");

    private string File => _folder.File("backup.zip");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_restored_folder_holds_every_document_and_record_and_says_that_it_was_restored()
    {
        Note[] notes = [.. Enumerable.Range(0, 2_500).Select(i => new Note($"n{i:0000}", $"line\nbreak \"{i}\" ü \u2028 </script>", i))];
        await using (var stores = Stores.Open(Live))
        {
            await stores.Registry.WriteAsync(t => Array.ForEach(notes, note => t.Put(Note.Collection, note)), Token);
            await stores.Registry.WriteAsync(t => t.Put(Note.Log, new Note("l1", "logged")), Token);
            await CommitAsync(stores, "s1", "s2", "s3");

            var manifest = await stores.BackUpAsync(File);

            // With the audit entry of the backup itself, and the head of the trail.
            Assert.Equal((2_503, 3), (manifest.Documents, manifest.Records));
            Assert.Equal(["backup.zip", "live"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
            Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Live), entry => entry.EndsWith(".tmp", StringComparison.Ordinal));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }

        Assert.Null(await Stores.RestoreAsync(File, Copy));

        await using var copy = Stores.Open(Copy);
        Assert.Equal(notes, await copy.Registry.ListAsync(Note.Collection, "", Token));
        Assert.Equal(new Note("l1", "logged"), await copy.Registry.FindAsync(Note.Log, "l1", Token));
        var restoration = await copy.Registry.FindAsync(Restoration.Collection, Restoration.Key, Token);
        Assert.Null(restoration!.AdoptedAt);
        Assert.Equal(["s1", "s2", "s3"], (await FeedAsync(copy)).Changes.Select(static entry => entry.Id));
    }

    [Fact]
    public async Task A_backup_taken_amid_intents_knows_each_effect_by_its_intent_and_each_end_by_its_effect()
    {
        await using var stores = Stores.Open(Live);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writers = Enumerable.Range(0, 20).Select(writer => WriteIntentsAsync(stores, writer, stop.Token)).ToArray();
        var cut = 0;
        for (var i = 0; i < 5; i++)
        {
            await stores.BackUpAsync(File);
            await Stores.RestoreAsync(File, Copy + i);
            await using var copy = Stores.Open(Copy + i);
            var intents = await copy.Registry.ListAsync(Note.Collection, "", Token);
            Assert.NotEmpty(intents);
            foreach (var intent in intents)
            {
                var carriedOut = await copy.Changes.FindRunAsync(intent.Id, Token) is not null;
                Assert.True(carriedOut || intent.Text == "pending", $"{intent.Id} is done in the registry and unknown in the change store.");
                cut += intent.Text == "pending" ? 1 : 0;
            }

            var known = intents.Select(static intent => intent.Id).ToHashSet();
            for (var writer = 0; writer < 20; writer++)
            {
                Assert.All(await copy.Changes.ListRunsAsync(ConnectionOf(writer), null, 100_000, Token), run => Assert.Contains(run.Id, known));
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        Assert.True(cut > 0, "No backup fell between an intent and its end: the test proves less than it says.");
    }

    [Fact]
    public async Task The_platforms_events_begin_anew_above_every_number_that_was_told()
    {
        await using (var stores = Stores.Open(Live))
        {
            await stores.BackUpAsync(File);
            await AppendAsync(stores, 3);
            await stores.BackUpAsync(File);
        }

        await Stores.RestoreAsync(File, Copy);

        await using var copy = Stores.Open(Copy);
        var log = new EventLog(copy.Registry);
        Assert.Null(await log.ReadAsync(StoreUnderTest.Tenant, 2, 10, new CancellationToken(canceled: true), Token));
        Assert.Null(await log.ReadAsync(StoreUnderTest.Tenant, 3, 10, new CancellationToken(canceled: true), Token));
        var start = await log.ReadAsync(StoreUnderTest.Tenant, 0, 10, new CancellationToken(canceled: true), Token);
        Assert.Empty(start!.Items);
        await AppendAsync(copy, 1);
        Assert.Equal([start.Next + 1], (await log.ReadAsync(StoreUnderTest.Tenant, start.Next, 10, new CancellationToken(canceled: true), Token))!.Items.Select(static told => told.Sequence));
    }

    [Fact]
    public async Task What_was_deleted_is_in_no_later_backup()
    {
        await using var stores = Stores.Open(Live);
        await stores.Registry.WriteAsync(t => t.Put(Note.Collection, new Note("gone", "SOUSCANARY-deleted")), Token);
        await CommitAsync(stores, [.. Enumerable.Range(0, 400).Select(static i => $"SOUSCANARY-{i}")]);
        await stores.BackUpAsync(File);
        Assert.Contains("SOUSCANARY", await ReadAsync(BackupPart.Registry), StringComparison.Ordinal);
        Assert.Contains("SOUSCANARY", await ReadAsync(BackupPart.Changes), StringComparison.Ordinal);

        await stores.Registry.WriteAsync(t => t.Delete(Note.Collection, "gone"), Token);
        await stores.Changes.DeleteTenantAsync(StoreUnderTest.Tenant, Token);
        await stores.BackUpAsync(File);

        Assert.DoesNotContain("SOUSCANARY", await ReadAsync(BackupPart.Registry), StringComparison.Ordinal);
        Assert.DoesNotContain("SOUSCANARY", await ReadAsync(BackupPart.Changes), StringComparison.Ordinal);

        async Task<string> ReadAsync(string part)
        {
            await using var zip = await System.IO.Compression.ZipFile.OpenReadAsync(File, Token);
            using var reader = new StreamReader(await zip.GetEntry(part)!.OpenAsync(Token), System.Text.Encoding.Latin1);
            return await reader.ReadToEndAsync(Token);
        }
    }

    [Fact]
    public async Task Two_backups_at_once_are_one()
    {
        await using var stores = Stores.Open(Live);
        var first = await stores.Backups.TakeAsync("test", Token);
        Assert.Null(await stores.Backups.TakeAsync("test", Token));
        await first!.DisposeAsync();

        await using var after = await stores.Backups.TakeAsync("test", Token);
        Assert.NotNull(after);
    }

    [Fact]
    public async Task An_existing_file_is_written_over_only_when_told_so()
    {
        await System.IO.File.WriteAllTextAsync(File, "mine", Token);

        Assert.Contains("--force", Assert.Throws<BackupException>(() => NewBackup.Create(File, overwrite: false)).Message, StringComparison.Ordinal);

        await using (NewBackup.Create(File, overwrite: true))
        {
        }

        Assert.Equal("mine", await System.IO.File.ReadAllTextAsync(File, Token));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private static ConnectionId ConnectionOf(int writer) => new($"con_{writer}");

    private static async Task WriteIntentsAsync(Stores stores, int writer, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var id = $"run_{writer}_{i}";
            await stores.Registry.WriteAsync(t => t.Put(Note.Collection, new Note(id, "pending")), Token);
            await stores.Changes.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, ConnectionOf(writer)) with { Id = id }, Token);
            await stores.Registry.WriteAsync(t => t.Put(Note.Collection, new Note(id, "done")), Token);
        }
    }

    private static Task AppendAsync(Stores stores, int count) => stores.Registry.WriteAsync(
        t =>
        {
            for (var i = 0; i < count; i++)
            {
                EventLog.Append(t, new PlatformEvent { Type = "connection.ok", Tenant = StoreUnderTest.Tenant, At = Sales.Noon });
            }
        },
        Token);

    private static async Task CommitAsync(Stores stores, params string[] ids)
    {
        await stores.Changes.ApplyMappingAsync(StoreUnderTest.Tenant, StoreUnderTest.Connection, Sales.Location, "own-1", Sales.Noon, Token);
        var run = await stores.Changes.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);
        using var page = Pages.Encode(StoreUnderTest.Tenant, StoreUnderTest.Connection, [.. ids.Select(static id => Sdk.Change.Upsert(id, Sales.Make(id)))]);
        await stores.Changes.CommitAsync(StoreUnderTest.PageOf(run, page, Sales.Noon), Token);
    }

    private static async Task<FeedPage> FeedAsync(Stores stores) => await stores.Changes.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, 0, null, null, 1000), Token);
}
