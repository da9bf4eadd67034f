"""Tests of the engines that award and replenish."""
