namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Where an entry stands in <c>changes</c>: a tenant's feed is one stretch of the table, in the order of its sequence.</summary>
internal static class Position
{
    private const int Shift = 40;

    public static long Of(long tenant, long sequence) => (tenant << Shift) | sequence;

    public static long SequenceOf(long position) => position & ((1L << Shift) - 1);
}
