using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>What was deleted leaves no trace in the files once they are compacted, and what was not is there, whenever the process dies.</summary>
public sealed class LiteDbCompactionTests : IDisposable
{
    private const int Count = 6_000;

    private readonly TemporaryFolder _folder = new();
    private readonly DataFolder _data;

    public LiteDbCompactionTests() => _data = DataFolder.Open(_folder.Path);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Documents_stay_the_deleted_and_the_replaced_leave_no_trace_and_writes_go_on()
    {
        await using (var registry = Open())
        {
            await PutAsync(registry, Note.Collection, "kept");
            await PutAsync(registry, Note.Log, "kept");
            await registry.WriteAsync(transaction => transaction.Put(Note.Collection, new Note("x", "DELETED-TEXT")), Token);
            await registry.WriteAsync(transaction => transaction.Put(Note.Collection, new Note("y", "REPLACED-TEXT")), Token);
            await registry.WriteAsync(transaction => transaction.Delete(Note.Collection, "x"), Token);
            await registry.WriteAsync(transaction => transaction.Put(Note.Collection, new Note("y", "z")), Token);
            Assert.True(Traces("DELETED-TEXT") + Traces("REPLACED-TEXT") > 0, "Nothing was left that could be taken away.");

            var during = Enumerable.Range(0, 50).Select(number => registry.WriteAsync(transaction => transaction.Put(Note.Log, new Note($"during-{number}", "kept")), Token));
            await Task.WhenAll([.. during, registry.CompactAsync(Token), registry.CompactAsync(Token)]);

            Assert.Equal(0, Traces("DELETED-TEXT") + Traces("REPLACED-TEXT"));
            await registry.WriteAsync(transaction => transaction.Put(Note.Collection, new Note("after", "kept")), Token);
        }

        await using var again = Open();
        Assert.Equal(Count + 2, (await again.ListAsync(Note.Collection, "", Token)).Count);
        Assert.Equal(Count + 50, (await again.ListAsync(Note.Log, "", Token)).Count);
    }

    [Fact]
    public async Task One_that_was_killed_half_way_is_passed_over_and_can_be_repeated()
    {
        await using (var registry = Open())
        {
            await PutAsync(registry, Note.Collection, "kept");
        }

        // Half a new file; then a whole one whose journal was blanked already.
        await File.WriteAllBytesAsync(_folder.File("registry.db.new"), File.ReadAllBytes(_folder.File("registry.db"))[..20_000], Token);
        await CheckAsync();
        await File.WriteAllBytesAsync(_folder.File("registry.journal"), [], Token);
        await CheckAsync();

        async Task CheckAsync()
        {
            await using var registry = Open();
            Assert.Equal(Count, (await registry.ListAsync(Note.Collection, "", Token)).Count);
            await registry.CompactAsync(Token);
            Assert.False(File.Exists(_folder.File("registry.db.new")));
            Assert.Equal(Count, (await registry.ListAsync(Note.Collection, "", Token)).Count);
        }
    }

    [Fact]
    public async Task One_that_fails_says_so_and_the_registry_goes_on()
    {
        await using var registry = Open();
        await registry.WriteAsync(transaction => transaction.Put(Note.Collection, new Note("a", "one")), Token);
        Directory.CreateDirectory(_folder.File("registry.db.new"));

        await Assert.ThrowsAsync<StorageException>(() => registry.CompactAsync(Token));

        await registry.WriteAsync(transaction => transaction.Put(Note.Collection, new Note("b", "two")), Token);
        Assert.Equal(2, (await registry.ListAsync(Note.Collection, "", Token)).Count);
    }

    public void Dispose()
    {
        _data.Dispose();
        _folder.Dispose();
    }

    private static Task PutAsync(LiteDbRegistry registry, RegistryCollection<Note> collection, string text) => registry.WriteAsync(
        transaction =>
        {
            for (var number = 0; number < Count; number++)
            {
                transaction.Put(collection, new Note(number.ToString(CultureInfo.InvariantCulture), text));
            }
        },
        Token);

    private LiteDbRegistry Open() => LiteDbRegistry.Open(_data, NullLogger<LiteDbRegistry>.Instance);

    private int Traces(string text) => Directory.EnumerateFiles(_folder.Path, "registry.*").Count(file => File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);
}
