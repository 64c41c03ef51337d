namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>What a store under test is kept in.</summary>
public enum Engine
{
    Sqlite,
    Postgres,
}
