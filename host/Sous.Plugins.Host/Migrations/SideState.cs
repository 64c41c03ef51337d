using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Migrations;

/// <summary>What stands in a place.</summary>
/// <param name="Epoch">Of the feeds there; null where there are none, or a migration there is under way.</param>
/// <param name="IsEmpty">Nothing is stored there.</param>
internal sealed record SideState(FeedEpoch? Epoch, bool IsEmpty, MigrationMark? UnderWay, MovedMark? Moved);
