namespace Sous.Plugins.Host.Migrations;

/// <summary>A migration that could not be done; what it was to move stands where it stood, and goes on from there. The message is one sentence or two, free of secrets.</summary>
internal sealed class MigrationException(string message, Exception? inner = null) : Exception(message, inner);
