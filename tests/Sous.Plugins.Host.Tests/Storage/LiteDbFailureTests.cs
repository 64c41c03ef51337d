using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Tests.Storage;

public sealed class LiteDbFailureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_disk_fails_the_write_loses_nothing_and_is_over_once_there_is_room()
    {
        using var folder = DataFolder.Open(_folder.Path);
        await using (var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance))
        {
            await registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "kept")), Token);
        }

        // /dev/full answers every write as a full disk does.
        var journal = _folder.File("registry.journal");
        File.Delete(journal);
        File.CreateSymbolicLink(journal, "/dev/full");
        await using var again = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
        var writes = Enumerable.Range(0, 10).Select(i => again.WriteAsync(t => t.Put(Note.Collection, new Note($"n{i}", "x")), Token)).ToArray();
        foreach (var write in writes)
        {
            var failure = await Assert.ThrowsAsync<StorageException>(() => write);
            Assert.Contains(folder.RegistryFile, failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal([new Note("a", "kept")], await again.ListAsync(Note.Collection, "", Token));
        File.Delete(journal);

        // This one still has the old journal open; the one after it has not.
        await Assert.ThrowsAsync<StorageException>(() => again.WriteAsync(t => t.Put(Note.Collection, new Note("b", "x")), Token));
        await again.WriteAsync(t => t.Put(Note.Collection, new Note("b", "kept too")), Token);
        Assert.Equal(2, (await again.ListAsync(Note.Collection, "", Token)).Count);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("empty")]
    [InlineData("truncated")]
    [InlineData("zeroed")]
    [InlineData("another")]
    [InlineData("cut inside a page")]
    public async Task A_damaged_file_is_refused_in_one_sentence_that_names_it_and_stays_as_it_was(string damage)
    {
        using var folder = DataFolder.Open(_folder.Path);
        await using (var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance))
        {
            await registry.WriteAsync(t => { for (var i = 0; i < 100; i++) { t.Put(Note.Collection, new Note($"n{i}", new string('x', 1_000))); } }, Token);
        }

        Damage(folder.RegistryFile, damage);
        var before = _folder.Fingerprint();

        var failure = Assert.Throws<StorageException>(() => LiteDbFile.OpenReadOnly(folder.RegistryFile).Load());
        Assert.Contains(folder.RegistryFile, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal(before, _folder.Fingerprint());
        Assert.Throws<StorageException>(() => LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance));
    }

    [Fact]
    public async Task A_bit_that_flipped_inside_a_document_is_seen()
    {
        using var folder = DataFolder.Open(_folder.Path);
        await using (var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance))
        {
            await registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "needle")), Token);
        }

        var bytes = File.ReadAllBytes(folder.RegistryFile);
        bytes[bytes.AsSpan().IndexOf("needle"u8)] ^= 1;
        File.WriteAllBytes(folder.RegistryFile, bytes);
        Assert.Throws<StorageException>(() => LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance));
    }

    [Fact]
    public async Task Pages_that_go_bad_under_a_running_host_fail_writes_and_not_the_process()
    {
        var failed = 0;
        for (var seed = 1; seed <= 8; seed++)
        {
            var random = new Random(seed);
            using var own = new TemporaryFolder();
            using var folder = DataFolder.Open(own.Path);
            await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
            await registry.WriteAsync(t => { for (var i = 0; i < 300; i++) { t.Put(Note.Collection, new Note($"n{i:000}", new string('x', 300))); } }, Token);
            SpoilPageHeads(folder.RegistryFile, random);
            for (var i = 0; i < 20; i++)
            {
                try
                {
                    await registry.WriteAsync(t => t.Put(Note.Collection, new Note($"n{random.Next(400):000}", new string('y', random.Next(3_000)))), Token);
                }
                catch (StorageException)
                {
                    failed++;
                }
            }

            Assert.NotEmpty(await registry.ListAsync(Note.Collection, "", Token));
        }

        // What LiteDB leaves behind after a failure throws in its finalizer, unless it was disarmed.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.NotEqual(0, failed);
    }

    [Fact]
    public async Task A_commit_is_whole_or_absent_wherever_the_process_dies_and_looking_changes_no_byte()
    {
        using var copy = new TemporaryFolder();
        using var folder = DataFolder.Open(_folder.Path);
        await using (var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance))
        {
            await registry.WriteAsync(t => Put(t, "old"), Token);
        }

        // The files as they are before the second commit, and the journal as it is once the commit is decided.
        _folder.CopyTo(copy.Path);
        var decided = await CommitAndKeepJournal(folder);
        for (var cut = 0; cut <= decided.Length; cut += cut < decided.Length - 64 ? 4_099 : 1)
        {
            File.WriteAllBytes(copy.File("registry.journal"), decided[..cut]);
            var before = copy.Fingerprint();
            var expected = cut == decided.Length ? "new" : "old";
            using (var file = LiteDbFile.OpenReadOnly(copy.File("registry.db")))
            {
                Assert.All(file.Load().List("notes", ""), e => Assert.Equal(expected, e.Read(Note.Collection)?.Text[..3]));
            }

            Assert.Equal(before, copy.Fingerprint());
        }

        using (var file = LiteDbFile.Open(copy.File("registry.db")))
        {
            Assert.All(file.Load().List("notes", ""), e => Assert.Equal("new", e.Read(Note.Collection)?.Text[..3]));
        }
    }

    [Fact]
    public void A_second_process_on_the_same_folder_is_refused_and_the_next_after_it_is_gone_is_not()
    {
        using (var first = DataFolder.Open(_folder.Path))
        {
            first.Claim();
            var failure = Assert.Throws<StorageException>(() => DataFolder.Open(_folder.Path));
            Assert.Contains(_folder.Path, failure.Message, StringComparison.Ordinal);
            Assert.Contains("in use by another process", failure.Message, StringComparison.Ordinal);
        }

        using var second = DataFolder.Open(_folder.Path);
        second.Claim();
    }

    [Fact]
    public async Task Folder_and_files_are_the_owners_alone()
    {
        var path = _folder.File("data");
        using var folder = DataFolder.Open(path);
        Assert.False(Directory.Exists(path));
        await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
        await registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "x")), Token);

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.All(Directory.EnumerateFiles(path), f => Assert.Equal(Owner, File.GetUnixFileMode(f)));
    }

    public void Dispose() => _folder.Dispose();

    private static void Damage(string file, string damage)
    {
        switch (damage)
        {
            case "text":
                File.WriteAllText(file, "this is not a registry");
                break;
            case "empty":
                File.WriteAllBytes(file, []);
                break;
            case "another":
                File.WriteAllBytes(file, [.. "SQLite format 3\0"u8, .. new byte[20_000]]);
                break;
            default:
                using (var stream = File.OpenWrite(file))
                {
                    if (damage is "truncated" or "cut inside a page")
                    {
                        stream.SetLength((stream.Length / 2) + (damage == "truncated" ? 0 : 100));
                    }
                    else
                    {
                        stream.Position = 8_192 * 2;
                        stream.Write(new byte[8_192 * 4]);
                    }
                }

                break;
        }
    }

    private static void SpoilPageHeads(string file, Random random)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var pages = (int)(RandomAccess.GetLength(handle) / 8_192);
        for (var i = 0; i < 6; i++)
        {
            RandomAccess.Write(handle, [(byte)random.Next(256)], (random.Next(1, pages) * 8_192L) + random.Next(32));
        }
    }

    private static void Put(IRegistryTransaction transaction, string text)
    {
        for (var i = 0; i < 20; i++)
        {
            transaction.Put(Note.Collection, new Note($"n{i:00}", text + new string('x', 2_000)));
        }
    }

    // Carried out, a journal is struck out at its head alone; the rest still stands there.
    private static async Task<byte[]> CommitAndKeepJournal(DataFolder folder)
    {
        await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
        await registry.WriteAsync(t => Put(t, "new"), Token);
        var journal = File.ReadAllBytes(folder.File("registry.journal"));
        const int Entry = 8 + 8_192;
        for (long pages = 1; 48 + (pages * Entry) <= journal.Length; pages++)
        {
            var end = 16 + (int)(pages * Entry);
            "SousJrn1"u8.CopyTo(journal);
            BitConverter.TryWriteBytes(journal.AsSpan(8), pages);
            if (SHA256.HashData(journal.AsSpan(0, end)).AsSpan().SequenceEqual(journal.AsSpan(end, 32)))
            {
                return journal[..(end + 32)];
            }
        }

        throw new InvalidOperationException("No journal was left.");
    }
}
