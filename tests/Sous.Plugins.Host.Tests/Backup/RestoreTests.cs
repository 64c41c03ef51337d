using System.IO.Compression;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Backup;

public sealed class RestoreTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => _folder.File("backup.zip");

    private string Target => _folder.File("data");

    public async ValueTask InitializeAsync()
    {
        await using var stores = Stores.Open(_folder.File("live"));
        await stores.Registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "from the backup")), Token);
        await stores.BackUpAsync(File);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Whatever_byte_is_flipped_the_file_is_refused_and_nothing_is_written()
    {
        var whole = await System.IO.File.ReadAllBytesAsync(File, Token);
        var damaged = _folder.File("damaged.zip");
        for (var at = 0; at < whole.Length; at++)
        {
            whole[at] ^= 0x01;
            await System.IO.File.WriteAllBytesAsync(damaged, whole, Token);
            whole[at] ^= 0x01;

            var refused = await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(damaged, Target));

            Assert.StartsWith(damaged, refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["backup.zip", "damaged.zip", "live"], Names());
    }

    [Fact]
    public async Task A_part_that_is_not_what_the_manifest_says_is_refused_in_a_file_that_is_sealed()
    {
        foreach (var part in (string[])[BackupPart.Registry, BackupPart.Changes])
        {
            await RewriteAsync(part, static bytes => [.. bytes, (byte)'\n']);

            var refused = await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(_folder.File("other.zip"), Target));

            Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["backup.zip", "live", "other.zip"], Names());
    }

    [Fact]
    public async Task However_much_is_missing_at_its_end_or_elsewhere_nothing_is_written()
    {
        var whole = await System.IO.File.ReadAllBytesAsync(File, Token);
        var damaged = _folder.File("damaged.zip");
        byte[][] cut =
        [
            [],
            whole[..^1],
            whole[..^600],
            whole[..(whole.Length / 2)],
            whole[1..],
            [.. whole[..500], .. whole[900..]],
            [.. Enumerable.Repeat((byte)0, whole.Length)],
            "not a zip"u8.ToArray(),
        ];
        foreach (var bytes in cut)
        {
            await System.IO.File.WriteAllBytesAsync(damaged, bytes, Token);

            await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(damaged, Target));

            Assert.Equal(["backup.zip", "damaged.zip", "live"], Names());
        }

        await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(_folder.File("absent.zip"), Target));
    }

    [Fact]
    public async Task A_file_of_a_later_format_says_so()
    {
        await RewriteAsync(BackupManifest.Name, static _ => """{"formatVersion":2}"""u8.ToArray());

        var refused = await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(_folder.File("other.zip"), Target));

        Assert.Contains("format 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_in_the_place_is_refused_or_moved_aside_whole()
    {
        await using (var old = Stores.Open(Target))
        {
            await old.Registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "older")), Token);
        }

        Assert.Contains("--force", (await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(File, Target))).Message, StringComparison.Ordinal);

        var aside = await Stores.RestoreAsync(File, Target + Path.DirectorySeparatorChar, force: true);

        Assert.StartsWith(Target + ".before-restore-", aside, StringComparison.Ordinal);
        Assert.Equal(["backup.zip", "data", Path.GetFileName(aside), "live"], Names());
        Assert.Equal("older", await NoteAsync(aside!));
        Assert.Equal("from the backup", await NoteAsync(Target));
        Assert.Equal(DataFolder.OwnerFolder, System.IO.File.GetUnixFileMode(Target));
        Assert.All(Directory.EnumerateFiles(Target), file => Assert.Equal(DataFolder.OwnerFile, System.IO.File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task An_empty_folder_is_taken_and_what_a_killed_restore_left_is_thrown_away()
    {
        Directory.CreateDirectory(Target);
        Directory.CreateDirectory(Target + ".restoring");
        await System.IO.File.WriteAllTextAsync(Path.Combine(Target + ".restoring", "registry.db"), "half", Token);

        Assert.Null(await Stores.RestoreAsync(File, Target));

        Assert.Equal("from the backup", await NoteAsync(Target));
        Assert.Equal(["backup.zip", "data", "live"], Names());
    }

    [Fact]
    public async Task A_folder_that_a_host_runs_on_or_that_is_anothers_is_left_alone()
    {
        await using (Stores.Open(Target))
        {
            Assert.Contains("A host runs on", (await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(File, Target, force: true))).Message, StringComparison.Ordinal);
        }

        var home = _folder.File("home");
        Directory.CreateDirectory(home);
        await System.IO.File.WriteAllTextAsync(Path.Combine(home, "letter.txt"), "mine", Token);

        await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(File, home, force: true));
        await Assert.ThrowsAsync<BackupException>(() => Stores.RestoreAsync(File, File, force: true));

        Assert.Equal(["backup.zip", "data", "home", "live"], Names());
    }

    [Fact]
    public async Task A_journal_of_another_registry_does_not_reach_the_restored_one()
    {
        await using (var old = Stores.Open(Target))
        {
            await old.Registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "older")), Token);
        }

        // A journal that is whole, as a crash leaves it: the next opening would write its pages into the registry beside it.
        byte[] page = [.. (await System.IO.File.ReadAllBytesAsync(Path.Combine(Target, "registry.db"), Token)).TakeLast(8_192)];
        byte[] journal = [.. "SousJrn1"u8, .. BitConverter.GetBytes(1L), .. BitConverter.GetBytes(0L), .. page];
        await System.IO.File.WriteAllBytesAsync(Path.Combine(Target, "registry.journal"), [.. journal, .. System.Security.Cryptography.SHA256.HashData(journal)], Token);

        await Stores.RestoreAsync(File, Target, force: true);

        Assert.False(System.IO.File.Exists(Path.Combine(Target, "registry.journal")));
        Assert.Equal("from the backup", await NoteAsync(Target));
    }

    private static async Task<string?> NoteAsync(string folder)
    {
        await using var stores = Stores.Open(folder);
        return (await stores.Registry.FindAsync(Note.Collection, "a", Token))?.Text;
    }

    /// <summary>The backup with one entry changed, and sealed again.</summary>
    private async Task RewriteAsync(string name, Func<byte[], byte[]> change)
    {
        await using var source = await ZipFile.OpenReadAsync(File, Token);
        await using var output = System.IO.File.Create(_folder.File("other.zip"));
        await using var seal = new SealingStream(output);
        await using (var zip = new ZipArchive(seal, ZipArchiveMode.Create, leaveOpen: true) { Comment = SealingStream.Placeholder })
        {
            foreach (var entry in source.Entries)
            {
                using var bytes = new MemoryStream();
                await using var from = await entry.OpenAsync(Token);
                await from.CopyToAsync(bytes, Token);
                await using var to = await zip.CreateEntry(entry.Name).OpenAsync(Token);
                await to.WriteAsync(entry.Name == name ? change(bytes.ToArray()) : bytes.ToArray(), Token);
            }
        }

        await seal.SealAsync(Token);
    }

    private IEnumerable<string?> Names() => Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
