/** A main file to begin with: one container, told about and not yet acted upon. */
export const starterMain = `# yaml-language-server: $schema=schema/rollbackd.schema.json
#
# The main file of rollbackd. Every key: docs/configuration.md, or your editor.
# After each change: rollbackd check rollbackd.yaml. A running daemon takes over changed files by itself.

version: 1
environment: production

# How far the daemon goes by itself: shadow records what it would have done, notify also tells, approve also asks, auto
# acts. Stay with notify until the rules have proved themselves.
mode: notify

# Packs: folders with rules.yaml and playbooks.yaml. The name of the folder is the name of the pack.
include: [rules/shop]

# Everything that must survive a restart. Relative paths begin at the folder of this file.
store: sqlite:state/rollbackd.db

# API, metrics and health. Anything but loopback needs tokens:
# listen: 0.0.0.0:7390
# tokens:
#   - { name: alice, role: approver, token: { file: /run/secrets/alice } }

docker: { socket: /var/run/docker.sock }

# For rules with prometheus: in them.
# prometheus: { url: 'http://127.0.0.1:9090' }

# Where people are told. Without any of these messages go to the log. An incoming webhook of Slack only tells:
# slack: { webhook: { file: /run/secrets/slack_webhook } }
# email: { server: 'smtp://mail:587', from: rollbackd@example.org, to: [team@example.org] }
# webhooks:
#   status-page: { url: { file: /run/secrets/status_page }, audience: external }

# An app of Slack also asks, by cards with buttons; approvers says whose clicks count.
# slack:
#   app:
#     bot_token: { file: /run/secrets/slack_bot }
#     app_token: { file: /run/secrets/slack_app }
#     channel: C0123456789
#     team: T0123456789
#     id: A0123456789
# approvers:
#   - { slack_groups: [S0123456789] }
# contacts:
#   on_call: { name: alice, slack: U0123456789, phone: '+49 30 1234' }

# Under which browsers reach the API, for the links in messages.
# public_url: https://rollbackd.example

# Data that steps and checks reach by name, the folders that steps may change files in, and what backup sets hold:
# data_stores:
#   orders: { mysql: { url: 'mysql://db:3306/shop', user: rollbackd, password: { file: /run/secrets/db } } }
# file_roots: [/srv/shop]
# backups:
#   directory: /var/backups/rollbackd
#   recipes: { shop: { stores: [orders], files: [/srv/shop/.env] } }
#   schedule: [{ cron: '0 2 * * *', recipe: shop }]

# No automatic rollback on Friday from four in the afternoon on: people are asked instead.
# freeze:
#   - { cron: '0 16 * * 5', for: 62h, reason: weekend }

targets:
  shop:
    # The name of the container. Other targets have a stack (a Compose project), a swarm service, a link or a repository.
    container: shop
    rules: [shop]
    playbook: service
    # For \${target.address} in rules and playbooks.
    address: http://127.0.0.1:8080
    # Which series of Prometheus are this target's; { service: shop } unless stated.
    # labels: { service: shop }
`;
