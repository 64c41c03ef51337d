namespace Sous.Plugins.Host.Migrations;

/// <summary>What a column holds. A value is a string, a long (a yes is 1), bytes, which are empty where there are none, or null.</summary>
internal enum CopiedKind
{
    Text,

    Number,

    Bytes,

    /// <summary>A text, empty for none, for which SQLite keeps a number.</summary>
    Name,

    /// <summary>The id of a connection, for which SQLite keeps a number.</summary>
    Connection,

    /// <summary>The id of the tenant whose feed it is: in SQLite the upper part of a position.</summary>
    Tenant,

    /// <summary>The place in that feed: the lower part of the position.</summary>
    Sequence,
}
