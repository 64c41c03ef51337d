using System.Text;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>Raws that are rewritten while others are written.</summary>
public abstract class RawTests(Engine engine)
{
    private static readonly byte[] s_new = Encoding.UTF8.GetBytes("new");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_raw_is_rewritten_once_be_it_of_the_feed_or_held_and_told_whose_it_is()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await CommitAsync(test, [.. Enumerable.Range(0, 600).Select(static i => $"s{i}")]);
        await CommitAsync(test, ["held"], location: "L9");
        var told = new List<string>();
        var looked = 0;

        Assert.Equal(601, await test.Store.CountRawsAsync(Token));
        await test.Store.RewriteRawsAsync(
            (tenant, connection, stream, id, stored) =>
            {
                Assert.Equal((StoreUnderTest.Tenant, StoreUnderTest.Connection, StreamName.Sales), (tenant, connection, stream));
                Assert.False(stored.SequenceEqual(s_new));
                told.Add(id);
                return s_new;
            },
            more => looked += more,
            Token);

        Assert.Equal(601, looked);
        Assert.Equal(601, told.Distinct().Count());
        Assert.Equal((0, 601), (await CountAsync(test, "<>"), await CountAsync(test, "=")));
    }

    [Fact]
    public async Task What_is_written_or_moved_after_a_rewriting_has_begun_is_rewritten_too()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await CommitAsync(test, ["moved"]);
        await test.Store.RewriteRawsAsync(static (_, _, _, id, stored) => id == "moved" || stored.SequenceEqual(s_new) ? null : s_new, static _ => { }, Token);

        await CommitAsync(test, ["late"]);
        await CommitAsync(test, ["late and held"], location: "L9");
        Assert.Equal((1, 2), (await CountAsync(test, "<>"), await CountAsync(test, "=")));

        await test.MapAsync("own-9", external: "L9");
        Assert.Equal((1, 2), (await CountAsync(test, "<>"), await CountAsync(test, "=")));
    }

    private static async Task CommitAsync(StoreUnderTest test, string[] ids, string location = Sales.Location) =>
        await test.CommitAsync(Sales.Noon, [.. ids.Select(id => Change.Upsert(id, Sales.Make(id, location: location)) with { Raw = "{}"u8.ToArray() })]);

    /// <param name="how">How they compare to what is written in their place.</param>
    private static async Task<long> CountAsync(StoreUnderTest test, string how)
    {
        var hex = Convert.ToHexString(s_new);
        var anew = test.Database is Sqlite.SqliteUnderTest ? $"x'{hex}'" : $"'\\x{hex}'";
        return await test.Database.ExecuteAsync($"SELECT (SELECT COUNT(*) FROM raws WHERE raw {how} {anew}) + (SELECT COUNT(*) FROM held WHERE raw {how} {anew})");
    }
}

public sealed class SqliteRawTests() : RawTests(Engine.Sqlite);

public sealed class PostgresRawTests() : RawTests(Engine.Postgres);
