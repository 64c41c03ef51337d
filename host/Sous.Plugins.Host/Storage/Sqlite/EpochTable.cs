using System.Globalization;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>The epoch of the feeds, as it stands in a file.</summary>
internal static class EpochTable
{
    public static FeedEpoch Read(Session session)
    {
        var (name, numbers) = ("", 0L);
        var meta = session.Prepare("SELECT name, value FROM meta WHERE name IN ('feed', 'feed_base')");
        while (meta.Step())
        {
            if (meta.Text(0) == "feed")
            {
                name = meta.Text(1);
            }
            else
            {
                numbers = long.Parse(meta.Text(1), CultureInfo.InvariantCulture);
            }
        }

        return new FeedEpoch(name, numbers);
    }

    /// <summary>Begins another life in a file that no store has open. Durable when it returns.</summary>
    /// <returns>By how much every sequence is told as a greater number than before.</returns>
    /// <exception cref="StorageException">The file cannot be used.</exception>
    public static long Renew(string path, DateTimeOffset now)
    {
        using var session = new SqliteFile(path).OpenWriter();
        var before = Read(session);
        var longest = session.Prepare("SELECT COALESCE(MAX(last + COALESCE(base, 0)), 0) FROM tenants LEFT JOIN compactions ON tenant = no");
        longest.Step();
        var told = before.Tell(longest.Int64(0));
        longest.Reset();

        var after = new FeedEpoch(FeedEpoch.Draw(), FeedEpoch.Above(told, now));
        Write(session, after);
        return after.Base - before.Base;
    }

    /// <summary>Durable when it returns.</summary>
    public static void Write(Session session, FeedEpoch epoch)
    {
        session.Prepare("BEGIN IMMEDIATE").Run();
        var put = session.Prepare("INSERT OR REPLACE INTO meta(name, value) VALUES (?1, ?2)");
        put.Bind(1, "feed").Bind(2, epoch.Name).Run();
        put.Bind(1, "feed_base").Bind(2, epoch.Base.ToString(CultureInfo.InvariantCulture)).Run();
        session.Prepare("COMMIT").Run();
    }
}
